// Twin of assembly/core/vec.ts.
import type { Dtype } from "../kernels.ts";
import { type Floats, type Memory, rounder } from "./memory.ts";

type Term = (x: number, y: number) => number;

const CHUNK = 65536;

/** Sum of terms in the order of bindings/kernels.ts; `term` rounds to the type. */
export function reduce(dtype: Dtype, x: Floats, y: Floats, term: Term): number {
  let total = 0;
  for (let from = 0; from < x.length; from += CHUNK) {
    total += chunk(dtype, x.subarray(from, from + CHUNK), y.subarray(from, from + CHUNK), term);
  }
  return total;
}

function chunk(dtype: Dtype, x: Floats, y: Floats, term: Term): number {
  const n = x.length;
  const single = dtype === "f32";
  const lanes = single ? 16 : 8;
  const block = single ? 256 : CHUNK;
  const sums = single ? new Float32Array(lanes) : new Float64Array(lanes); // stores round
  let total = 0;
  for (let start = 0; start < n; start += block) {
    sums.fill(0);
    const end = Math.min(start + block, n);
    for (let i = start; i < end; ++i) sums[i % lanes]! += term(x[i]!, y[i]!);
    total += fold(dtype, sums);
  }
  return total;
}

function fold(dtype: Dtype, l: Floats): number {
  if (dtype === "f64") return l[0]! + l[2]! + (l[4]! + l[6]!) + (l[1]! + l[3]! + (l[5]! + l[7]!));
  const round = Math.fround;
  const q = (j: number) => round(round(l[j]! + l[j + 4]!) + round(l[j + 8]! + l[j + 12]!));
  return q(0) + q(1) + (q(2) + q(3));
}

/** Entries of f32 as doubles have exact squares; in the lane order of f64. */
const sumSquares = (x: Floats, scale: number): number => reduce("f64", x, x, (v) => v * scale * (v * scale));

// Thresholds and scales: see norm2 in assembly/core/vec.ts
const SAFE = { f32: 2 ** -90, f64: 2 ** -960 };

function norm2(dtype: Dtype, x: Floats, squares: number): number {
  if (squares >= SAFE[dtype] && squares < Infinity) return Math.sqrt(squares);
  if (dtype === "f32") return Math.sqrt(sumSquares(x, 1));
  return squares < 1 ? Math.sqrt(sumSquares(x, 2 ** 600)) * 2 ** -600 : Math.sqrt(sumSquares(x, 2 ** -600)) * 2 ** 600;
}

function normMax(x: Floats): number {
  let m = 0;
  for (const v of x) {
    if (!Number.isFinite(v)) return Infinity;
    if (Math.abs(v) > m) m = Math.abs(v);
  }
  return m;
}

function vecOf<D extends Dtype>(memory: Memory, dtype: D) {
  const round = rounder(dtype);
  const bytes = dtype === "f32" ? 4 : 8;
  const at = (n: number, offset: number) => memory.vec(dtype, n, offset);
  const over = (n: number, x: number, y: number, term: Term) => reduce(dtype, at(n, x), at(n, y), term);
  const square = (v: number) => round(v * v);
  const each = (n: number, out: number, entry: (i: number) => number) => {
    const o = at(n, out);
    for (let i = 0; i < n; ++i) o[i] = entry(i);
  };
  const squares = (n: number, x: number) => over(n, x, x, square);
  const axpy = (a: number, x: (i: number) => number, n: number, y: number) => {
    const scale = round(a);
    const acc = at(n, y);
    each(n, y, (i) => acc[i]! + round(scale * x(i)));
  };
  const kernels = {
    fill: (n: number, a: number, x: number) => void at(n, x).fill(a),
    scale(n: number, a: number, x: number) {
      const v = at(n, x);
      each(n, x, (i) => round(a) * v[i]!);
    },
    axpy(n: number, a: number, x: number, y: number) {
      const v = at(n, x);
      axpy(a, (i) => v[i]!, n, y);
    },
    axpyPacked(n: number, a: number, values: number, acc: number) {
      const { view } = memory;
      const read = (p: number) => (dtype === "f32" ? view.getFloat32(p, true) : view.getFloat64(p, true));
      axpy(a, (i) => read(values + i * bytes), n, acc);
    },
    sub(n: number, x: number, y: number, out: number) {
      const [v, w] = [at(n, x), at(n, y)];
      each(n, out, (i) => v[i]! - w[i]!);
    },
    combine(n: number, a: number, x: number, b: number, y: number, out: number) {
      const [v, w] = [at(n, x), at(n, y)];
      each(n, out, (i) => round(round(a) * v[i]!) + round(round(b) * w[i]!));
    },
    sum: (n: number, x: number) => over(n, x, x, (v) => v),
    dot: (n: number, x: number, y: number) => over(n, x, y, (v, w) => round(v * w)),
    norm1: (n: number, x: number) => over(n, x, x, Math.abs),
    squares,
    norm2: (n: number, x: number) => norm2(dtype, at(n, x), squares(n, x)),
    normMax: (n: number, x: number) => normMax(at(n, x)),
    distance2: (n: number, x: number, y: number) => over(n, x, y, (v, w) => square(round(v - w))),
    firstNonFinite: (n: number, x: number) => at(n, x).findIndex((v) => !Number.isFinite(v)),
  };
  return kernels;
}

type Named<K, D extends Dtype> = { [P in keyof K as P extends string ? `${P}_${D}` : never]: K[P] };

function suffixed<K extends object, D extends Dtype>(kernels: K, dtype: D): Named<K, D> {
  const entries = Object.entries(kernels).map(([name, kernel]) => [`${name}_${dtype}`, kernel]);
  return Object.fromEntries(entries) as Named<K, D>;
}

export function vecKernels(memory: Memory) {
  return { ...suffixed(vecOf(memory, "f32"), "f32"), ...suffixed(vecOf(memory, "f64"), "f64") };
}
