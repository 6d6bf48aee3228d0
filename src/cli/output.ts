/**
 * The files of an experiment. `trace.jsonl` grows point by point, so that what was traced is on disk and valid whenever
 * the process ends; the others are written whole at the end.
 */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TracePoint } from "../run/trace.ts";
import { failed, writeOutput } from "./files.ts";

export class OutputFolder {
  readonly path: string;
  /** Points of a trace that goes on. */
  readonly kept: readonly TracePoint[] = [];
  readonly #trace: number;
  readonly #tracePath: string;
  #whole = 0;

  /**
   * Makes the folder and an empty trace in it, or one that goes on from a round of a run.
   * @throws FileError
   */
  constructor(path: string, from?: { readonly run: number; readonly round: number }) {
    this.path = path;
    this.#tracePath = join(path, "trace.jsonl");
    try {
      makeFolder(path);
      if (from) this.kept = pointsBefore(this.#tracePath, from);
      this.#trace = openSync(this.#tracePath, "w");
      // a summary of an earlier run must not stand beside the new trace
      for (const name of ["summary.json", "plot.svg", "report.html"]) rmSync(join(path, name), { force: true });
    } catch (error) {
      throw failed(path, "written", error);
    }
    for (const point of this.kept) this.point(point);
  }

  /** Appends a point as one line; if that fails, the lines before it stay. @throws FileError */
  point(point: TracePoint): void {
    const line = Buffer.from(`${JSON.stringify(point, numbers)}\n`);
    try {
      for (let at = 0; at < line.length; ) at += writeSync(this.#trace, line, at);
      this.#whole += line.length;
    } catch (error) {
      try {
        ftruncateSync(this.#trace, this.#whole);
      } catch {} // a device or a pipe cannot be cut
      throw failed(this.#tracePath, "written", error);
    }
  }

  write(name: string, content: string): void {
    writeOutput(join(this.path, name), content);
  }

  close(): void {
    closeSync(this.#trace);
  }
}

/** The points of a trace up to a round of a run; those after it were not saved and are played again. */
function pointsBefore(path: string, { run, round }: { run: number; round: number }): TracePoint[] {
  if (!existsSync(path)) return [];
  const points: TracePoint[] = [];
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line === "") continue;
    let point: TracePoint;
    try {
      point = JSON.parse(line) as TracePoint;
    } catch {
      break; // the line that was being written when the process ended
    }
    if (point.run < run || (point.run === run && point.round <= round)) points.push(point);
  }
  return points;
}

/** Makes a folder and those above it. (mkdir's own `recursive` never returns where a parent cannot hold folders, as /proc.) */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  mkdirSync(path);
}

/** JSON has no infinities: they become the strings "Infinity", "-Infinity" and "NaN". */
export const numbers = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
