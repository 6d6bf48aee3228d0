// Twin of the generator's use in assembly/core/lanes.ts: one vector step per 16 bytes of data.
import type { Memory } from "./memory.ts";
import { FIRST, rngFork, rngStep } from "./random.ts";

const USED = 20; // word index of `used`
const BUFFER = 16;

export interface Draws {
  /** The 32 random bits of f32 element i; elements are visited in order. */
  word(i: number): number;
  /** The top 52 of the 64 random bits of f64 element i. */
  word52(i: number): number;
}

/** Elements to a block. */
const BLOCK = 65536;

/** Starts a vector kernel: what rngU32 has left over is dropped. */
export function draws(memory: Memory, rng: number): Draws {
  let words = memory.u32;
  let at = rng >>> 2;
  const first = words[at + FIRST]!;
  if (first === 0) words[at + USED] = 4;
  const before = words.slice(at, at + 24);
  /** Draws 16 bytes for the elements from i on. */
  const step = (i: number): void => {
    const block = first + Math.floor(i / BLOCK);
    if (i % BLOCK === 0 && block > 0) {
      words = rngFork(before, block);
      at = 0;
    }
    rngStep(words, at);
  };
  return {
    word(i) {
      if (i % 4 === 0) step(i);
      return words[at + BUFFER + (i % 4)]!;
    },
    word52(i) {
      if (i % 2 === 0) step(i);
      const low = at + BUFFER + 2 * (i % 2);
      return words[low + 1]! * 2 ** 20 + (words[low]! >>> 12);
    },
  };
}

/** The draw as a fraction in [0, 1): 24 random bits for f32, 52 for f64. */
export function fraction(source: Draws, dtype: "f32" | "f64", i: number): number {
  return dtype === "f32" ? (source.word(i) >>> 8) * 2 ** -24 : source.word52(i) * 2 ** -52;
}

/** The factor c of a dithering kernel: rounded, finite (so that 0 c = 0). */
export function finite(dtype: "f32" | "f64", c: number): number {
  return dtype === "f32" ? Math.fround(Math.min(c, 3.4028234663852886e38)) : Math.min(c, Number.MAX_VALUE);
}
