/** What the commands that play experiments share: finding and reading the file, progress, output, Ctrl-C. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { CAC } from "cac";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { createProgress } from "../report/progress.ts";
import { costOf } from "../report/series.ts";
import { renderSummary, wantsColour } from "../report/table.ts";
import { type Experiment, parseExperiment } from "../run/config.ts";
import { runExperiment } from "../run/experiment.ts";
import type { Listener, RunOptions } from "../run/session.ts";
import type { ExperimentSummary, TracePoint } from "../run/trace.ts";
import { checkpointFile } from "./checkpoint.ts";
import { FileError, packageRoot, packageVersion, presetNames } from "./files.ts";
import { numbers, OutputFolder } from "./output.ts";
import { choiceOption, Exit, errorLine, INTERRUPTED, integerOption, print, typedOption } from "./shell.ts";

export interface PlaySettings {
  quiet?: boolean;
  json?: boolean;
  /** Where the nodes live and what the server does about faults; by default in this process. */
  nodes?(experiment: Experiment, source: unknown, signal: AbortSignal): Partial<RunOptions>;
  /** More to show beside the progress. */
  status?(): string | undefined;
}

/** The experiment's file: a path, or a preset's name. @throws UsageError naming the near presets */
export function locate(name: string): string {
  if (existsSync(name)) return resolve(name);
  const preset = join(packageRoot(), "experiments", `${name}.json`);
  if (existsSync(preset)) return preset;
  if (name.endsWith(".json")) throw new FileError(`${name}: no such file`);
  throw new UsageError(`run: "${name}" is neither a file nor a preset; ${suggestion(name, presetNames())}`);
}

function read(path: string): { text: string; value: unknown } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new FileError(`${path}: cannot be read: ${(error as Error).message}`);
  }
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    throw new UsageError(`${path}: is not JSON: ${(error as Error).message}`);
  }
}

function configure(cli: CAC, path: string): { experiment: Experiment; source: unknown } {
  const { value } = read(path);
  const transport = choiceOption(typedOption(cli, "--transport"), "transport", ["loopback", "threads"] as const);
  const backend = choiceOption(typedOption(cli, "--backend"), "backend", ["wasm", "reference"] as const);
  const threads = integerOption(typedOption(cli, "--threads"), "threads", 1n, 1024n);
  const experiment = parseExperiment(value);
  if (transport) experiment.transport = transport;
  if (backend) experiment.backend = backend;
  if (threads !== undefined) experiment.threads = Number(threads);
  return { experiment, source: value };
}

/** Plays what a path or a preset's name says, to the end or to Ctrl-C. */
export async function play(cli: CAC, given: string, settings: PlaySettings): Promise<void> {
  const { quiet, json } = settings;
  const path = locate(given);
  const name = basename(path, ".json");
  const { experiment, source } = configure(cli, path);
  const progress = createProgress(quiet ? { write: () => true } : process.stderr, experiment.runs.length);
  const keeper = checkpointFile(cli, source, packageVersion());
  const folder = new OutputFolder(resolve(typedOption(cli, "--out") ?? join("results", name)), keeper?.resume);
  const status = settings.status ?? (() => undefined);
  const trace: TracePoint[] = [...folder.kept];
  const listener: Listener = {
    start: (_run, label, stop) => progress.start(label, stop),
    point(point) {
      trace.push(point);
      folder.point(point);
      progress.update(point, status());
    },
    tick: (_run, round, uplinkBits) => progress.update({ round, uplinkBits }, status()),
    finish: (_run, summary) => progress.finish(summary),
  };
  const interrupt = new AbortController();
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(INTERRUPTED); // a second Ctrl-C does not wait
    interrupt.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  let summary: ExperimentSummary;
  try {
    summary = await runExperiment(experiment, {
      baseDir: dirname(path),
      name,
      version: packageVersion(),
      signal: interrupt.signal,
      listener,
      ...(keeper && { checkpoints: keeper }),
      ...settings.nodes?.(experiment, source, interrupt.signal),
    });
    progress.close();
    await report(folder, summary, trace, source, experiment.plot);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    progress.close();
    process.stderr.write(`${errorLine(cli.matchedCommand?.name, error)}\n`);
    throw new Exit(INTERRUPTED);
  } finally {
    progress.close();
    folder.close();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
  if (json) print(JSON.stringify(summary, numbers, 2));
  else {
    print(
      renderSummary(summary, trace, {
        colour: wantsColour(process.stdout, process.env),
        cost: costOf(experiment.plot?.x),
      }),
    );
    print(`written to ${folder.path}: trace.jsonl, summary.json, plot.svg, report.html`);
  }
  if (interrupt.signal.aborted) throw new Exit(INTERRUPTED);
}

async function report(
  folder: OutputFolder,
  summary: ExperimentSummary,
  trace: readonly TracePoint[],
  source: unknown,
  axes: Experiment["plot"],
): Promise<void> {
  folder.write("summary.json", `${JSON.stringify(summary, numbers, 2)}\n`);
  const { renderReport } = await import("../report/index.ts");
  const { svg, html } = renderReport(summary, trace, source, axes);
  folder.write("plot.svg", svg);
  folder.write("report.html", html);
}
