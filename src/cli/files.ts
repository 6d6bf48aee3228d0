/** Files of the command: where the package lies, reading, and writing whole or not at all. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file or folder that cannot be read or written as asked. */
export class FileError extends Error {
  override readonly name = "FileError";
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the quota is used up",
  EEXIST: "a file is in the way",
  EFBIG: "the file would be too large",
  EIO: "input/output error",
  EISDIR: "it is a folder",
  ENOENT: "no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is a file",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};

/** A system's error in words: which path, what was tried, why it did not go. */
export function failed(path: string, what: "read" | "written", cause: unknown): FileError {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  return new FileError(`${path}: cannot be ${what}: ${REASONS[code] ?? (cause as Error).message}`, { cause });
}

let root: string | undefined;

/** The folder of the package's package.json, from the built command as from the sources. */
export function packageRoot(): string {
  if (root !== undefined) return root;
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) {
      root = at;
      return at;
    }
    if (at === dirname(at)) throw new FileError("thinwire: its package.json is missing");
  }
}

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };
  return version;
}

/** Names of the experiments shipped with the package, sorted: `quickstart` is experiments/quickstart.json. */
export function presetNames(): string[] {
  const folder = join(packageRoot(), "experiments");
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return files.map((file) => basename(file, ".json")).sort();
}

/** @throws FileError */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw failed(path, "read", error);
  }
}

/** @throws FileError if `path` exists and would be lost; devices and pipes are no loss */
export function checkOutput(path: string, force: boolean): void {
  if (!force && existsSync(path) && statSync(path).isFile()) {
    throw new FileError(`${path}: exists; give --force to overwrite it`);
  }
}

/**
 * Writes `path` whole or not at all: a temporary file beside it, flushed to the disk, takes its place.
 * @throws FileError; nothing is left behind then
 */
export function writeOutput(path: string, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  try {
    if (existsSync(path) && !statSync(path).isFile()) {
      writeBytes(path, bytes, "r+"); // a device or a pipe: cannot be replaced
      return;
    }
    const temporary = join(dirname(path), `.thinwire-${process.pid}.tmp`);
    try {
      writeBytes(temporary, bytes, "wx");
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw failed(path, "written", error);
  }
}

function writeBytes(path: string, bytes: Uint8Array, flags: string): void {
  const file = openSync(path, flags);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    if (flags === "wx") fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
