/** `thinwire run`: an experiment file or preset, from reading it to the table. */
import type { CAC } from "cac";
import { checkpointOptions } from "./checkpoint.ts";
import { play } from "./play.ts";

export function register(cli: CAC): void {
  checkpointOptions(
    cli.command("run <experiment>", "Run an experiment file or a preset: trace, table, plot and report"),
  )
    .option("--out <folder>", "Where trace.jsonl, summary.json, plot.svg and report.html go (default: results/<name>)")
    .option("--transport <name>", "loopback or threads, whatever the file says")
    .option("--threads <n>", "Threads of the threads transport")
    .option("--backend <name>", "wasm or reference (plain JS); both give the same bits")
    .option("--quiet", "No progress")
    .option("--json", "Print summary.json instead of the table")
    .example("  thinwire run quickstart")
    .example("  thinwire run my-experiment.json --out results/mine --json > summary.json")
    .action((name: string, options: { quiet?: boolean; json?: boolean }) => play(cli, name, options));
}
