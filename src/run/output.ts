/**
 * The files of an experiment. `trace.jsonl` grows point by point, so that what was traced is on disk and valid whenever
 * the process ends; the others are written at the end, each by renaming a finished temporary file.
 */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { TracePoint } from "./trace.ts";

/** A file or folder that cannot be written: the message names it and says why. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

const reasons: Record<string, string> = {
  ENOSPC: "the disk is full",
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "a file is in the way",
  EISDIR: "a folder is in the way",
  EDQUOT: "the quota is used up",
  EPERM: "not permitted",
};

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw new OutputError(`${path}: cannot be written: ${reasons[code] ?? (error as Error).message}`, { cause: error });
  }
}

/** Writes a file whole or not at all. @throws OutputError */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  attempt(path, () => {
    try {
      writeFileSync(temporary, content);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

export class OutputFolder {
  readonly path: string;
  readonly #trace: number;

  /** Makes the folder and an empty trace in it. @throws OutputError */
  constructor(path: string) {
    this.path = path;
    this.#trace = attempt(path, () => {
      mkdirSync(path, { recursive: true });
      // a summary of an earlier run must not stand beside the new trace
      for (const name of ["summary.json", "plot.svg", "report.html"]) rmSync(join(path, name), { force: true });
      return openSync(join(path, "trace.jsonl"), "w");
    });
  }

  /** Appends a point as one line. @throws OutputError */
  point(point: TracePoint): void {
    const line = Buffer.from(`${JSON.stringify(point, numbers)}\n`);
    attempt(join(this.path, "trace.jsonl"), () => {
      for (let at = 0; at < line.length; ) at += writeSync(this.#trace, line, at);
    });
  }

  write(name: string, content: string): void {
    writeWhole(join(this.path, name), content);
  }

  has(name: string): boolean {
    return existsSync(join(this.path, name));
  }

  close(): void {
    closeSync(this.#trace);
  }
}

/** JSON has no infinities: they become the strings "Infinity", "-Infinity" and "NaN". */
export const numbers = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
