/** Both backends side by side, and inputs that have broken kernels elsewhere. */

import type { Dtype, Kernels, TypedKernels } from "../../bindings/kernels.ts";
import { typed } from "../../bindings/kernels.ts";
import { ARENA_BASE, loadKernels } from "../../bindings/load.ts";
import linalgBytes from "../../build/linalg.wasm";

export const BASE = ARENA_BASE;
export const dtypes: readonly Dtype[] = ["f32", "f64"];
export const bytesOf = (dtype: Dtype): number => (dtype === "f32" ? 4 : 8);

export interface Pair {
  wasm: Kernels;
  reference: Kernels;
}

/** Fresh instances with `bytes` of arena each. */
export function pair(bytes = 1 << 20): Pair {
  const wasm = loadKernels("wasm", [linalgBytes]);
  if (wasm.backend !== "wasm") throw new Error("the WebAssembly backend did not load");
  const reference = loadKernels("reference");
  wasm.grow(BASE + bytes);
  reference.grow(BASE + bytes);
  return { wasm, reference };
}

export const both = (p: Pair, dtype: Dtype): [TypedKernels, TypedKernels] => [
  typed(p.wasm, dtype),
  typed(p.reference, dtype),
];

export function vec(k: Kernels, dtype: Dtype, n: number, at: number): Float32Array | Float64Array {
  return dtype === "f32" ? new Float32Array(k.memory.buffer, at, n) : new Float64Array(k.memory.buffer, at, n);
}

export const bytes = (k: Kernels, n: number, at: number): Uint8Array => new Uint8Array(k.memory.buffer, at, n);

/** Small reproducible generator for test inputs (not the library's own, so that a fault there cannot hide). */
export function lcg(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 4294967296;
  };
}

/** Named input families; every one is finite. */
export const inputs: Record<string, (n: number, random: () => number) => number[]> = {
  normal: (n, r) => Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(1 - r())) * Math.cos(2 * Math.PI * r())),
  heavy: (n, r) => Array.from({ length: n }, () => (r() < 0.5 ? -1 : 1) / (1 - r()) ** 2),
  sparse: (n, r) => Array.from({ length: n }, () => (r() < 0.9 ? (r() < 0.5 ? 0 : -0) : r() - 0.5)),
  equal: (n) => Array.from({ length: n }, () => 0.7),
  twoValues: (n, r) => Array.from({ length: n }, () => (r() < 0.5 ? -1 : 1) * (r() < 0.3 ? 2 : 1)),
  ascending: (n) => Array.from({ length: n }, (_, i) => (i + 1) / 8),
  descending: (n) => Array.from({ length: n }, (_, i) => (n - i) / 8),
  spike: (n, r) => Array.from({ length: n }, (_, i) => (i === n >> 1 ? 1e30 : r() * 1e-3)),
  subnormal: (n, r) => Array.from({ length: n }, () => (r() - 0.5) * 1e-40),
  tiny: (n, r) => Array.from({ length: n }, () => (r() - 0.5) * 1e-30),
  huge: (n, r) => Array.from({ length: n }, () => (r() - 0.5) * 6e38),
  zeros: (n) => Array.from({ length: n }, (_, i) => (i % 3 ? 0 : -0)),
  powers: (n, r) => Array.from({ length: n }, () => (r() < 0.5 ? -1 : 1) * 2 ** Math.floor(r() * 40 - 20)),
};
