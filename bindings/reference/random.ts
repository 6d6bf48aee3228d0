// Twin of assembly/core/random.ts.
import { cosTurns, log } from "./math.ts";
import type { Memory } from "./memory.ts";

const USED = 20; // word index of `used`
const BUFFER = 16;
/** Word index of the number of the vector's first block. */
export const FIRST = 21;

function fmix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const absorb = (h: number, word: number): number => (fmix((h ^ word) >>> 0) + 0x9e3779b9) >>> 0;

/** The words of block b's state: the twelve words before, hashed with b, and the counters. */
export function rngFork(state: Uint32Array, b: number): Uint32Array {
  return state
    .slice(0, 24)
    .map((h, word) => (word < 12 ? absorb(absorb(Math.imul(word + 1, 0x9e3779b9) >>> 0, h), b) : h));
}

/** One step of the four streams of the state at word `at`; writes the four outputs to words [at + BUFFER ..). */
export function rngStep(s: Uint32Array, at: number): void {
  for (let lane = at; lane < at + 4; ++lane) {
    const a = s[lane]!;
    const b = s[lane + 4]!;
    const c = s[lane + 8]!;
    const t = (a + b + s[lane + 12]!) >>> 0;
    s[lane + 12] = s[lane + 12]! + 1;
    s[lane] = b ^ (b >>> 9);
    s[lane + 4] = c + (c << 3);
    s[lane + 8] = ((c << 21) | (c >>> 11)) + t;
    s[lane + BUFFER] = t;
  }
}

export function randomKernels(memory: Memory) {
  const rngU32 = (state: number): number => {
    const at = state >>> 2;
    let used = memory.u32[at + USED]!;
    if (used === 4) {
      rngStep(memory.u32, at);
      used = 0;
    }
    memory.u32[at + USED] = used + 1;
    return memory.u32[at + BUFFER + used]!;
  };
  const rngUniform = (state: number): number => {
    const high = rngU32(state);
    const low = rngU32(state);
    return (high * 2097152 + (low >>> 11)) * 2 ** -53;
  };
  const rngNormal = (state: number): number => {
    const radius = Math.sqrt(-2 * log(1 - rngUniform(state)));
    return radius * cosTurns(rngUniform(state));
  };
  return {
    rngSeed(
      state: number,
      seedLow: number,
      seedHigh: number,
      node: number,
      round: number,
      exchange: number,
      part: number,
    ) {
      const s = memory.u32;
      const at = state >>> 2;
      const last = ((exchange << 16) | (part & 0xffff)) >>> 0;
      for (let word = 0; word < 12; ++word) {
        let h = Math.imul(word + 1, 0x9e3779b9) >>> 0;
        for (const key of [seedLow, seedHigh, node, round, last]) h = absorb(h, key >>> 0);
        s[at + word] = h;
      }
      s.fill(1, at + 12, at + 16);
      for (let i = 0; i < 12; ++i) rngStep(s, at);
      s[at + USED] = 4;
      s[at + FIRST] = 0;
    },
    rngU32,
    rngBelow(state: number, bound: number): number {
      const limit = BigInt(bound);
      const threshold = (2n ** 32n - limit) % limit;
      for (;;) {
        const product = BigInt(rngU32(state)) * limit;
        if (BigInt.asUintN(32, product) >= threshold) return Number(product >> 32n);
      }
    },
    rngUniform,
    rngNormal,
    rngUniforms(n: number, state: number, out: number): void {
      for (let i = 0; i < n; ++i) memory.f64[(out >>> 3) + i] = rngUniform(state);
    },
    rngNormals(n: number, state: number, out: number): void {
      for (let i = 0; i < n; ++i) memory.f64[(out >>> 3) + i] = rngNormal(state);
    },
  };
}
