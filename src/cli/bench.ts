/** `thinwire bench`: the benchmark of `bench/`, in fresh processes of this command. */
import type { CAC } from "cac";
import { type ChildSettings, type Suite, suites } from "../../bench/case.ts";
import { renderReport } from "../../bench/format.ts";
import { distributions } from "../../bench/inputs.ts";
import { type BenchSettings, bench, childRunner } from "../../bench/run.ts";
import { wantsColour } from "../report/table.ts";
import { checkOutput, packageRoot, packageVersion, writeOutput } from "./files.ts";
import { choiceOption, integerOption, print, printJson, typedOption } from "./shell.ts";

/** Names the hidden option: this process measures, and prints its figures. */
const CHILD = "--child";

interface Given {
  quick?: boolean;
  json?: boolean;
  force?: boolean;
}

export function register(cli: CAC): void {
  const command = cli
    .command(
      "bench [suite]",
      "Measure kernels, codecs and methods: Wasm against plain JS and a read of the same memory",
    )
    .option("--size <log2>", "d = 2^size, 10..24 (default: 20)")
    .option("--dtype <type>", "f32 (default) or f64")
    .option("--distribution <name>", `${distributions.join(", ")} (default: normal)`)
    .option("--processes <n>", "Fresh processes to take medians over, 1..100 (default: 5)")
    .option("--only <text>", "Only operations whose name contains this")
    .option("--quick", "One process, short: figures are rough")
    .option("--json", "Print the figures as JSON")
    .option("-o, --out <file>", "Write the JSON to a file as well")
    .option("--force", "Overwrite the file if it exists")
    .example("  thinwire bench codecs --quick")
    .example("  thinwire bench all --dtype f64 --json");
  if (process.argv.includes(CHILD)) command.option(`${CHILD} <settings>`, "For the command itself");
  command.action((suite: string | undefined, given: Given) => run(cli, suite, given));
}

async function run(cli: CAC, suite: string | undefined, { quick = false, json, force = false }: Given): Promise<void> {
  const child = typedOption(cli, CHILD);
  if (child !== undefined) {
    const { measureAll } = await import("../../bench/measure.ts");
    print(JSON.stringify(await measureAll(JSON.parse(child) as ChildSettings)));
    return;
  }
  const out = typedOption(cli, "-o", "--out");
  if (out !== undefined) checkOutput(out, force);
  const settings = read(cli, suite, quick);
  const live = process.stderr.isTTY === true;
  const report = await bench(
    settings,
    childRunner(process.argv[1]!, ["bench", CHILD]),
    { version: packageVersion(), folder: packageRoot() },
    (process_) => live && process.stderr.write(`\r\u001b[2Kbench: process ${process_ + 1} of ${settings.processes}`),
  );
  if (live) process.stderr.write("\r\u001b[2K");
  if (out !== undefined) writeOutput(out, new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`));
  if (json) printJson(report);
  else print(renderReport(report, { colour: wantsColour(process.stdout, process.env) }));
}

function read(cli: CAC, suite: string | undefined, quick: boolean): BenchSettings {
  const integer = (name: string, low: bigint, high: bigint, fallback: number) =>
    Number(integerOption(typedOption(cli, `--${name}`), name, low, high) ?? fallback);
  const only = typedOption(cli, "--only");
  const asked = choiceOption<Suite | "all">(suite, "suite", [...suites, "all"]) ?? "all";
  return {
    suites: asked === "all" ? suites : [asked],
    size: integer("size", 10n, 24n, 20),
    dtype: choiceOption(typedOption(cli, "--dtype"), "dtype", ["f32", "f64"] as const) ?? "f32",
    distribution: choiceOption(typedOption(cli, "--distribution"), "distribution", distributions) ?? "normal",
    processes: integer("processes", 1n, 100n, quick ? 1 : 5),
    quick,
    ...(only !== undefined && { only }),
  };
}
