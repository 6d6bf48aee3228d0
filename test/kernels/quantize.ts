/** What the tests of sign, dither and natural share: one call on both backends over guarded memory, compared byte for byte. */
import { expect } from "vitest";
import type { Dtype, Kernels, TypedKernels } from "../../bindings/kernels.ts";
import { RNG_BYTES, typed } from "../../bindings/kernels.ts";
import { BASE, bytes, bytesOf, inputs, lcg, type Pair, vec } from "./harness.ts";

const every = [...Array(301).keys()];
/** 0..300 thinned out above 70, for all families but one. */
const lengths = [...Array(71).keys(), 95, 127, 128, 129, 191, 255, 256, 257, 263, 264, 272, 273, 287, 299, 300];
const offsets = [0, 1, 3];

/** Where a case puts things, bytes from BASE; every region is followed by at least 64 guard bytes. */
export const RNG = BASE;
export const X = BASE + 256;
export const OUT = BASE + 4096;
export const ACC = BASE + 8192;
const SPAN = 12288;

/** Fills both memories alike: noise everywhere, a generator, a vector (rounded to the type) at X + shift elements. */
export function prepare(p: Pair, dtype: Dtype, values: readonly number[], shift: number, seed: number): number {
  const random = lcg(seed);
  const noise = Uint8Array.from({ length: SPAN }, () => 256 * random());
  const x = X + shift * bytesOf(dtype);
  for (const k of [p.wasm, p.reference]) {
    bytes(k, SPAN, BASE).set(noise);
    bytes(k, RNG_BYTES, RNG).fill(0);
    k.rngSeed(RNG, seed, 1, 2, 3, 4, 5);
    for (let i = 0; i < seed % 5; ++i) k.rngU32(RNG); // leftovers that an encoder must ignore
    if (seed % 5 === 0) bytes(k, 16, RNG + 64).fill(0); // an empty buffer's content is not specified
    vec(k, dtype, values.length, x).set(values);
    // the accumulator: finite (a NaN's payload is not specified), both zeros among them
    vec(k, dtype, 301, ACC).set(Array.from({ length: 301 }, (_, i) => (i % 7 ? Math.sin(i) : i % 2 ? 0 : -0)));
  }
  return x;
}

/** Calls both backends and compares the returned number and all of the memory; returns that number. */
export function agree(p: Pair, dtype: Dtype, label: string, call: (k: TypedKernels) => unknown): unknown {
  const a = call(typed(p.wasm, dtype));
  const b = call(typed(p.reference, dtype));
  if (!Object.is(a, b)) expect.fail(`${label}: wasm returned ${a}, reference ${b}`);
  const ours = bytes(p.wasm, SPAN, BASE);
  const theirs = bytes(p.reference, SPAN, BASE);
  for (let i = 0; i < SPAN; ++i) {
    if (ours[i] !== theirs[i]) expect.fail(`${label}: byte ${i} is ${ours[i]} in wasm, ${theirs[i]} in the reference`);
  }
  return a;
}

/** Calls `run` with fresh memory for every input family, length and element offset. */
export function sweep(
  p: Pair,
  dtype: Dtype,
  run: (x: number, n: number, label: string, values: number[]) => void,
): void {
  let seed = 1;
  for (const [family, make] of Object.entries(inputs)) {
    for (const n of family === "normal" ? every : lengths) {
      const shift = offsets[seed % offsets.length]!;
      const values = clip(dtype, make(n, lcg(seed)));
      const x = prepare(p, dtype, values, shift, seed);
      run(x, n, `${dtype} ${family} n=${n} offset=${shift}`, values);
      ++seed;
    }
  }
}

/** The family `huge` may round to an infinite f32; the families are finite by contract. */
function clip(dtype: Dtype, values: number[]): number[] {
  const most = dtype === "f32" ? 3.4028234663852886e38 : Number.MAX_VALUE;
  return values.map((v) => Math.min(Math.max(v, -most), most));
}

/** That nothing outside [from, from + length) of the arena changed while `run` ran, the generator and `also` excepted. */
export function within(k: Kernels, from: number, length: number, run: () => void): void {
  const before = bytes(k, SPAN, BASE).slice();
  run();
  const after = bytes(k, SPAN, BASE);
  for (let i = RNG_BYTES; i < SPAN; ++i) {
    const at = BASE + i;
    if (at >= from && at < from + length) continue;
    if (before[i] !== after[i]) expect.fail(`byte ${at - from} from the output, outside its ${length} bytes, changed`);
  }
}

/**
 * |mean - expected| within 6 standard errors: fails by chance with probability below 1e-6 each (normal limit 2e-9; the
 * most skewed case, 40 expected successes, 1e-7).
 */
export function within6(mean: number, expected: number, variance: number, samples: number, label: string): void {
  const bound = 6 * Math.sqrt(variance / samples);
  if (!(Math.abs(mean - expected) <= bound)) {
    expect.fail(`${label}: mean ${mean}, expected ${expected} within ${bound}`);
  }
}
