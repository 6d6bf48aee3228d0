import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { DataError } from "../../src/data/error.ts";
import type { Random } from "../../src/data/generators.ts";

const beside = ["../../../shared/data", "../../../../shared/data"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const folders = process.env["THINWIRE_DATA"] ? [resolve(process.env["THINWIRE_DATA"])] : beside;

/** Folder of the LIBSVM files (not part of the repository), or undefined: tests that need it are then reported as skipped. */
export const dataFolder = folders.filter((path) => existsSync(path)).map((path) => `${path}/`)[0];

/** A plain generator for tests: splitmix32, Box-Muller. */
export function testRandom(seed = 1): Random {
  let state = seed >>> 0;
  const u32 = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const uniform = () => u32() / 2 ** 32;
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (n) => Math.floor(uniform() * n),
  };
}

/** Runs it; anything but a result or a DataError with one short line fails. */
export function resultOrDataError<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    expect(error.message.length).toBeLessThan(600);
    expect(error.message).not.toMatch(/[\n\r\0]/);
    return undefined;
  }
}

/** Splices of a valid input: a few bytes overwritten, removed, inserted, or the tail cut. */
export function mutate(valid: Uint8Array, edits: readonly { at: number; kind: number; byte: number }[]): Uint8Array {
  const bytes = [...valid];
  for (const { at, kind, byte } of edits) {
    const i = at % (bytes.length + 1);
    if (kind === 0) bytes[i] = byte;
    else if (kind === 1) bytes.splice(i, 1);
    else if (kind === 2) bytes.splice(i, 0, byte);
    else bytes.length = i;
  }
  return Uint8Array.from(bytes);
}
