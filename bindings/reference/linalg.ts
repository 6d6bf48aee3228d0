// Twin of assembly/linalg/: matvec, csr, gram, cholesky.
import type { Dtype } from "../kernels.ts";
import { logisticKernels } from "./logistic.ts";
import { type Floats, type Memory, rounder } from "./memory.ts";

type Round = (x: number) => number;

/** Dot product of a[from..from+n) and x in the contract's lane order, as an f64. */
function rowDot(dtype: Dtype, a: Floats, from: number, x: Floats, n: number): number {
  const round = rounder(dtype);
  const width = dtype === "f32" ? 16 : 8;
  const block = dtype === "f32" ? 256 : n;
  let total = 0;
  for (let start = 0; start < n; start += block) {
    const l = new Float64Array(width);
    for (let i = start; i < Math.min(n, start + block); ++i) {
      const lane = (i - start) % width;
      l[lane] = round(l[lane]! + round(a[from + i]! * x[i]!));
    }
    const quarter = width / 4;
    const q = (i: number): number =>
      round(round(l[i]! + l[i + quarter]!) + round(l[i + 2 * quarter]! + l[i + 3 * quarter]!));
    total += dtype === "f32" ? q(0) + q(1) + (q(2) + q(3)) : q(0) + q(1);
  }
  return total;
}

function denseKernels(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  return {
    gemv(rows: number, cols: number, a: number, x: number, out: number): void {
      const matrix = memory.vec(dtype, rows * cols, a);
      const xs = memory.vec(dtype, cols, x);
      const outs = memory.vec(dtype, rows, out);
      for (let i = 0; i < rows; ++i) outs[i] = rowDot(dtype, matrix, i * cols, xs, cols);
    },
    gemvT(rows: number, cols: number, a: number, r: number, out: number): void {
      const matrix = memory.vec(dtype, rows * cols, a);
      const rs = memory.vec(dtype, rows, r);
      const outs = memory.vec(dtype, cols, out).fill(0);
      for (let i = 0; i < rows; ++i) {
        for (let j = 0; j < cols; ++j) outs[j] = outs[j]! + round(rs[i]! * matrix[i * cols + j]!);
      }
    },
    gram(rows: number, cols: number, a: number, w: number, out: number): void {
      const matrix = memory.vec(dtype, rows * cols, a);
      const weights = w ? memory.vec(dtype, rows, w) : undefined;
      const outs = memory.vec(dtype, cols * cols, out);
      for (let j = 0; j < cols; ++j) outs.fill(0, j * cols, j * cols + j + 1);
      for (let i = 0; i < rows; ++i) {
        for (let j = 0; j < cols; ++j) {
          const scaled = weights ? round(weights[i]! * matrix[i * cols + j]!) : matrix[i * cols + j]!;
          for (let k = 0; k <= j; ++k) {
            outs[j * cols + k] = outs[j * cols + k]! + round(scaled * matrix[i * cols + k]!);
          }
        }
      }
    },
  };
}

function csrKernels(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  const open = (rows: number, rowStart: number, columns: number, values: number) => {
    const starts = new Uint32Array(memory.buffer, rowStart, rows + 1);
    const entries = starts[rows]!;
    return { starts, index: new Uint32Array(memory.buffer, columns, entries), v: memory.vec(dtype, entries, values) };
  };
  return {
    csrMatvec(rows: number, rowStart: number, columns: number, values: number, x: number, out: number): void {
      const { starts, index, v } = open(rows, rowStart, columns, values);
      const xs = new (dtype === "f32" ? Float32Array : Float64Array)(memory.buffer, x);
      const outs = memory.vec(dtype, rows, out);
      for (let i = 0; i < rows; ++i) {
        let total = 0;
        for (let p = starts[i]!; p < starts[i + 1]!; ++p) total += v[p]! * xs[index[p]!]!;
        outs[i] = total;
      }
    },
    csrMatvecT(
      rows: number,
      cols: number,
      rowStart: number,
      columns: number,
      values: number,
      r: number,
      out: number,
    ): void {
      const { starts, index, v } = open(rows, rowStart, columns, values);
      const rs = memory.vec(dtype, rows, r);
      const outs = memory.vec(dtype, cols, out).fill(0);
      for (let i = 0; i < rows; ++i) {
        for (let p = starts[i]!; p < starts[i + 1]!; ++p) {
          outs[index[p]!] = outs[index[p]!]! + round(rs[i]! * v[p]!);
        }
      }
    },
    csrGram(
      rows: number,
      cols: number,
      rowStart: number,
      columns: number,
      values: number,
      w: number,
      out: number,
    ): void {
      const { starts, index, v } = open(rows, rowStart, columns, values);
      const weights = w ? memory.vec(dtype, rows, w) : undefined;
      const outs = memory.vec(dtype, cols * cols, out).fill(0);
      for (let i = 0; i < rows; ++i) {
        for (let p = starts[i]!; p < starts[i + 1]!; ++p) {
          const scaled = round((weights ? weights[i]! : 1) * v[p]!);
          for (let q = starts[i]!; q <= p; ++q) {
            const at = index[p]! * cols + index[q]!;
            outs[at] = outs[at]! + round(scaled * v[q]!);
          }
        }
      }
    },
  };
}

/** a_ij minus the sum of L_ik L_jk, k < j: vector lanes below 4 floor(j/4), the rest in turn (assembly/linalg/cholesky.ts). */
function numerator(round: Round, width: number, a: Floats, n: number, i: number, j: number): number {
  const l = [0, 0, 0, 0];
  const whole = j & ~3;
  const product = (k: number): number => round(a[i * n + k]! * a[j * n + k]!);
  for (let k = 0; k < whole; ++k) l[k % width] = round(l[k % width]! + product(k));
  const low = round(l[0]! + l[1]!);
  let s = round(a[i * n + j]! - (width === 4 ? round(low + round(l[2]! + l[3]!)) : low));
  for (let k = whole; k < j; ++k) s = round(s - product(k));
  return s;
}

function choleskyKernels(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  const width = dtype === "f32" ? 4 : 2;
  return {
    cholesky(n: number, a: number): number {
      const l = memory.vec(dtype, n * n, a);
      for (let i = 0; i < n; ++i) {
        for (let j = 0; j < i; ++j) l[i * n + j] = numerator(round, width, l, n, i, j) / l[j * n + j]!;
        const s = numerator(round, width, l, n, i, i);
        if (!(s > 0 && s < Infinity)) return i + 1;
        l[i * n + i] = Math.sqrt(s);
      }
      return 0;
    },
    choleskySolve(n: number, a: number, b: number): void {
      const l = memory.vec(dtype, n * n, a);
      const x = memory.vec(dtype, n, b);
      for (let i = 0; i < n; ++i) {
        x[i] = round(x[i]! - round(rowDot(dtype, l, i * n, x, i))) / l[i * n + i]!;
      }
      for (let i = n - 1; i >= 0; --i) {
        x[i] = x[i]! / l[i * n + i]!;
        for (let j = 0; j < i; ++j) x[j] = x[j]! - round(x[i]! * l[i * n + j]!);
      }
    },
  };
}

export function linalgKernels(memory: Memory): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const dtype of ["f32", "f64"] as const) {
    const kernels = {
      ...denseKernels(memory, dtype),
      ...csrKernels(memory, dtype),
      ...choleskyKernels(memory, dtype),
      ...logisticKernels(memory, dtype),
    };
    for (const [name, kernel] of Object.entries(kernels)) out[`${name}_${dtype}`] = kernel;
  }
  return out;
}
