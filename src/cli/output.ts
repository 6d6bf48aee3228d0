/**
 * The files of an experiment. `trace.jsonl` grows point by point, so that what was traced is on disk and valid whenever
 * the process ends; the others are written whole at the end.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { TracePoint } from "../run/trace.ts";
import { failed, writeOutput } from "./files.ts";

export class OutputFolder {
  readonly path: string;
  readonly #trace: number;
  readonly #tracePath: string;

  /** Makes the folder and an empty trace in it. @throws FileError */
  constructor(path: string) {
    this.path = path;
    this.#tracePath = join(path, "trace.jsonl");
    try {
      mkdirSync(path, { recursive: true });
      this.#trace = openSync(this.#tracePath, "w");
      // a summary of an earlier run must not stand beside the new trace
      for (const name of ["summary.json", "plot.svg", "report.html"]) rmSync(join(path, name), { force: true });
    } catch (error) {
      throw failed(path, "written", error);
    }
  }

  /** Appends a point as one line. @throws FileError */
  point(point: TracePoint): void {
    const line = Buffer.from(`${JSON.stringify(point, numbers)}\n`);
    try {
      for (let at = 0; at < line.length; ) at += writeSync(this.#trace, line, at);
    } catch (error) {
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

/** JSON has no infinities: they become the strings "Infinity", "-Infinity" and "NaN". */
export const numbers = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
