/**
 * The files of an experiment. `trace.jsonl` grows point by point, so that what was traced is on disk and valid whenever
 * the process ends; the others are written whole at the end.
 */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TracePoint } from "../run/trace.ts";
import { failed, writeOutput } from "./files.ts";

export class OutputFolder {
  readonly path: string;
  readonly #trace: number;
  readonly #tracePath: string;
  #whole = 0;

  /** Makes the folder and an empty trace in it. @throws FileError */
  constructor(path: string) {
    this.path = path;
    this.#tracePath = join(path, "trace.jsonl");
    try {
      makeFolder(path);
      this.#trace = openSync(this.#tracePath, "w");
      // a summary of an earlier run must not stand beside the new trace
      for (const name of ["summary.json", "plot.svg", "report.html"]) rmSync(join(path, name), { force: true });
    } catch (error) {
      throw failed(path, "written", error);
    }
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
