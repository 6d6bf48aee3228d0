/**
 * The same work in NumPy, PyTorch and C on the same machine in the same minutes, in one table. Peers that are not
 * installed are named and left out. Needs a build of the command (dist/cli.js).
 *
 * node scripts/ts.mjs bench/peers/run.ts [--size 20] [--processes 5] [--seconds 0.3] [--json]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { renderTable } from "../../src/report/table.ts";
import { type Spread, spread } from "../aggregate.ts";
import type { Measured } from "../case.ts";
import { figure } from "../format.ts";
import { childRunner, type Machine, machine } from "../run.ts";

/** One process of a peer: nanoseconds an element by operation. */
interface Figures {
  readonly version: string;
  readonly ns: Readonly<Record<string, number>>;
}

interface Peer {
  readonly name: string;
  readonly run: (size: number, seconds: number) => Figures | Promise<Figures>;
}

interface PeerReport {
  readonly date: string;
  readonly machine: Machine;
  readonly size: number;
  readonly processes: number;
  readonly peers: readonly { readonly name: string; readonly version: string }[];
  readonly missing: readonly string[];
  /** Operation, peer, nanoseconds an element. */
  readonly ns: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
}

const OPERATIONS = [
  "sum",
  "axpy",
  "sign bits",
  "sign + norm",
  "topk alone",
  "top-k 1 %",
  "dithering s=7",
  "natural",
  "generator alone",
];

/** Operations by the names of our own cases. */
const OURS: Readonly<Record<string, string>> = {
  sum: "sum",
  axpy: "axpy",
  "sign encode": "sign + norm",
  "topK 1 %": "topk alone",
  "top-k 1 % encode": "top-k 1 %",
  "dithering s=7 fixed encode": "dithering s=7",
  "natural encode": "natural",
};

const folder = import.meta.dirname;
const python = "/usr/bin/python3"; // Debian's packages are seen by Debian's interpreter only

const call = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

const read = (program: string, args: readonly string[]): Figures => JSON.parse(call(program, args)) as Figures;

/** The installed peers, and what is missing and why. */
function findPeers(scratch: string): { peers: Peer[]; missing: string[] } {
  const peers: Peer[] = [];
  const missing: string[] = [];
  const attempt = (name: string, what: string, prepare: () => void, run: Peer["run"]) => {
    try {
      prepare();
      peers.push({ name, run });
    } catch {
      missing.push(`${name} (${what})`);
    }
  };
  for (const [name, module] of [
    ["NumPy", "numpy"],
    ["PyTorch", "torch"],
  ] as const) {
    const script = join(folder, `${module}_peer.py`);
    attempt(
      name,
      `apt-get install python3-${module}`,
      () => call(python, ["-c", `import ${module}`]),
      (size, seconds) => read(python, [script, `${size}`, `${seconds}`]),
    );
  }
  const builds = [
    ["C, 128 bits", ["-msse4.2", "-mno-avx"]],
    ["C, 512 bits", ["-march=native", "-DLANES=16"]],
  ] as const;
  for (const [name, flags] of builds) {
    const binary = join(scratch, name.replace(/\W+/g, "-"));
    attempt(
      name,
      `gcc ${flags.join(" ")}`,
      () => {
        call("gcc", ["-O3", ...flags, "-o", binary, join(folder, "kernels.c"), "-lm"]);
        call(binary, ["11", "0"]); // an illegal instruction shows here
      },
      (size, seconds) => read(binary, [`${size}`, `${seconds}`]),
    );
  }
  return { peers, missing };
}

/** Our own figures, and those of the plain JS. */
function own(version: string): { ours: Peer; plain: Figures["ns"][] } {
  const runner = childRunner(resolve(folder, "../../dist/cli.js"), ["bench", "--child"]);
  const plain: Figures["ns"][] = [];
  const pick = (measured: readonly Measured[], way: "wasm" | "plain"): Figures["ns"] =>
    Object.fromEntries(
      measured.flatMap(({ name, ns }) => (OURS[name] && ns[way] !== undefined ? [[OURS[name], ns[way]]] : [])),
    );
  let index = 0;
  const run = async (size: number): Promise<Figures> => {
    index += 1; // from 1 on: without the slow ways
    const common = { size, dtype: "f32", distribution: "normal", quick: false, index } as const;
    const measured = await runner({ ...common, suites: ["kernels", "codecs"], names: Object.keys(OURS) });
    plain.push(pick(measured, "plain"));
    return { version, ns: pick(measured, "wasm") };
  };
  return { ours: { name: "Thinwire", run }, plain };
}

async function compare(size: number, processes: number, seconds: number): Promise<PeerReport> {
  const scratch = mkdtempSync(join(tmpdir(), "thinwire-peers-"));
  try {
    const { peers, missing } = findPeers(scratch);
    const { ours, plain } = own(`Node ${process.versions.node}`);
    const all = [ours, ...peers];
    const figures = new Map<string, Figures[]>(all.map(({ name }) => [name, []]));
    for (let i = 0; i < processes; ++i) {
      for (const { name, run } of all) figures.get(name)!.push(await run(size, seconds));
    }
    const columns = new Map<string, Figures["ns"][]>();
    for (const [name, of] of figures) {
      columns.set(
        name,
        of.map(({ ns }) => ns),
      );
      if (name === ours.name) columns.set("plain JS", plain);
    }
    const ns: Record<string, Record<string, Spread>> = {};
    for (const operation of OPERATIONS) {
      ns[operation] = {};
      for (const [name, of] of columns) {
        const values = of.map((f) => f[operation]).filter((v) => v !== undefined);
        if (values.length > 0) ns[operation][name] = spread(values);
      }
    }
    const versions = all.map(({ name }) => ({ name, version: figures.get(name)![0]!.version }));
    return { date: new Date().toISOString(), machine: machine(), size, processes, peers: versions, missing, ns };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function render(report: PeerReport): string {
  const names = [...new Set(Object.values(report.ns).flatMap((of) => Object.keys(of)))];
  const cell = (of: Readonly<Record<string, Spread>>, name: string): string => {
    const value = of[name]?.median;
    const base = of.Thinwire?.median;
    if (value === undefined) return "-";
    return base === undefined || name === "Thinwire" ? figure(value) : `${figure(value)} (${figure(value / base)}x)`;
  };
  const columns = [{ title: "ns/element" }, ...names.map((title) => ({ title, right: true }) as const)];
  const rows = Object.entries(report.ns).map(([operation, of]) => [operation, ...names.map((name) => cell(of, name))]);
  const { machine: m } = report;
  return [
    `d = 2^${report.size}, f32, normal, one thread; ${report.processes} processes each, interleaved; (times Thinwire's)`,
    `${m.cpu}, ${m.cores} cores, ${m.memoryGiB} GiB; ${report.peers.map((p) => `${p.name}: ${p.version}`).join("; ")}`,
    ...report.missing.map((what) => `SKIP ${what}`),
    "",
    renderTable({ columns, rows, best: -1 }, { width: 160 }),
  ].join("\n");
}

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "20" },
    processes: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.3" },
    json: { type: "boolean", default: false },
  },
});
const report = await compare(Number(values.size), Number(values.processes), Number(values.seconds));
console.log(values.json ? JSON.stringify(report, null, 2) : render(report));
