/** Starts fresh processes one after another, each measuring all cases in its own order, and joins their figures. */
import { execFileSync, spawn } from "node:child_process";
import { arch, cpus, loadavg, platform, totalmem } from "node:os";
import type { Dtype } from "../bindings/kernels.ts";
import { aggregate, type Result } from "./aggregate.ts";
import type { ChildSettings, Measured, Suite } from "./case.ts";
import type { Distribution } from "./inputs.ts";

export interface BenchSettings {
  readonly suites: readonly Suite[];
  /** d = 2^size. */
  readonly size: number;
  readonly dtype: Dtype;
  readonly distribution: Distribution;
  readonly processes: number;
  readonly quick: boolean;
  readonly only?: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly v8: string;
}

export interface Report {
  readonly version: 1;
  readonly date: string;
  readonly thinwire: string;
  readonly mitata: string;
  /** Git revision of the working folder's checkout, if there is one; "+" marks changes. */
  readonly revision?: string;
  readonly machine: Machine;
  /** Load averages (1, 5, 15 minutes) at the start: near 0 on a quiet machine. */
  readonly load: readonly number[];
  readonly settings: BenchSettings;
  readonly results: readonly Result[];
}

/** Measures in a process of its own. */
export type Runner = (settings: ChildSettings) => Promise<Measured[]>;

export const MITATA = "1.0.34";

export function machine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown processor",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}

export function revision(folder: string): string | undefined {
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return `${git("rev-parse", "--short=12", "HEAD")}${git("status", "--porcelain", "-uno") === "" ? "" : "+"}`;
  } catch {
    return undefined;
  }
}

/** The folder is that of the package, for the revision. */
export async function bench(
  settings: BenchSettings,
  runner: Runner,
  about: { version: string; folder: string },
  tick?: (process: number) => void,
): Promise<Report> {
  const load = loadavg();
  const { processes, ...common } = settings;
  const figures: Measured[][] = [];
  for (let index = 0; index < processes; ++index) {
    tick?.(index);
    figures.push(await runner({ ...common, index }));
  }
  const at = revision(about.folder);
  return {
    version: 1,
    date: new Date().toISOString(),
    thinwire: about.version,
    mitata: MITATA,
    ...(at !== undefined && { revision: at }),
    machine: machine(),
    load,
    settings,
    results: aggregate(figures),
  };
}

/** Optimised code is there when the engine asks for it, also where other processes keep its compiler's thread waiting. */
const V8_FLAGS = ["--no-concurrent-recompilation"];

/** Runs `script ...args <settings>` in a fresh Node, which prints its figures as JSON. */
export function childRunner(script: string, args: readonly string[], signal?: AbortSignal): Runner {
  return (settings) =>
    new Promise((done, fail) => {
      const child = spawn(process.execPath, [...V8_FLAGS, script, ...args, JSON.stringify(settings)], {
        stdio: ["ignore", "pipe", "inherit"],
        ...(signal && { signal }),
      });
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      child.on("error", fail);
      child.on("close", (code, killed) => {
        if (code === 0) done(JSON.parse(text) as Measured[]);
        else fail(new Error(`bench: a measuring process ended with ${killed ?? `code ${code}`}`));
      });
    });
}
