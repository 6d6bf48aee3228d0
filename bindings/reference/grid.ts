// Twin of assembly/core/grid.ts.
import type { Dtype } from "../kernels.ts";
import { type Memory, rounder } from "./memory.ts";
import { draws, finite, fraction } from "./stream.ts";

const most = { f32: 3.4028234663852886e38, f64: Number.MAX_VALUE } as const;

function of(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  const doubles = (n: number, at: number): Float64Array => memory.vec("f64", n, at) as Float64Array;
  /** Last j with j = 0 or table[j] <= y, and one more with the unbiased probability. */
  const drawn = (table: Float64Array, y: number, u: number): number => {
    let j = 0;
    while (table[j + 1]! <= y) ++j;
    return j + (u * (table[j + 1]! - table[j]!) < y - table[j]! ? 1 : 0);
  };
  const below = (bounds: Float64Array, y: number): number => {
    let j = 0;
    while (j < bounds.length && bounds[j]! < y) ++j;
    return j;
  };
  const put = (codes: number, i: number, level: number, minus: boolean): number => {
    memory.view.setUint16(codes + 2 * i, 2 * level + (level > 0 && minus ? 1 : 0), true);
    return level > 0 ? 1 : 0;
  };
  const term = (table: Float64Array, code: number, a: number): number => {
    const product = round(table[code >> 1]! * a);
    return code & 1 ? -product : product;
  };
  return {
    gridCodes(n: number, c: number, depth: number, table: number, x: number, rng: number, codes: number): number {
      const v = memory.vec(dtype, n, x);
      const source = draws(memory, rng);
      const values = doubles(2 ** depth, table);
      let count = 0;
      for (let i = 0; i < n; ++i) {
        const y = Math.min(round(Math.abs(v[i]!) * finite(dtype, c)), most[dtype]);
        count += put(codes, i, drawn(values, y, fraction(source, dtype, i)), v[i]! < 0);
      }
      return count;
    },
    gridNearest(n: number, c: number, depth: number, bounds: number, x: number, codes: number): number {
      const v = memory.vec(dtype, n, x);
      const values = doubles(2 ** depth - 1, bounds);
      let count = 0;
      for (let i = 0; i < n; ++i) {
        const y = Math.min(round(Math.abs(v[i]!) * finite(dtype, c)), most[dtype]);
        count += put(codes, i, below(values, y), v[i]! < 0);
      }
      return count;
    },
    gridAdd(n: number, a: number, table: number, codes: number, acc: number): void {
      const v = memory.vec(dtype, n, acc);
      const values = memory.f64.subarray(table / 8);
      for (let i = 0; i < n; ++i) v[i]! += term(values, memory.view.getUint16(codes + 2 * i, true), a);
    },
    gridScatterAdd(k: number, a: number, table: number, codes: number, indices: number, acc: number): void {
      for (let i = 0; i < k; ++i) {
        const index = memory.view.getUint32(indices + 4 * i, true);
        const code = memory.view.getUint16(codes + 2 * i, true);
        const v = memory.vec(dtype, index + 1, acc);
        v[index]! += term(memory.f64.subarray(table / 8), code, a);
      }
    },
    bookNearest(n: number, c: number, bounds: number, x: number, packed: number): void {
      const v = memory.vec(dtype, n, x);
      const values = doubles(255, bounds);
      for (let i = 0; i < n; ++i) memory.u8[packed + i] = below(values, round(v[i]! * finite(dtype, c)));
    },
    bookDither(n: number, c: number, table: number, x: number, rng: number, packed: number): void {
      const v = memory.vec(dtype, n, x);
      const source = draws(memory, rng);
      const values = doubles(257, table);
      for (let i = 0; i < n; ++i) {
        const y = round(v[i]! * finite(dtype, c));
        memory.u8[packed + i] = drawn(values, y, fraction(source, dtype, i));
      }
    },
    bookAdd(n: number, a: number, table: number, packed: number, acc: number): void {
      const v = memory.vec(dtype, n, acc);
      const values = doubles(256, table);
      for (let i = 0; i < n; ++i) v[i]! += round(values[memory.u8[packed + i]!]! * a);
    },
  };
}

export function gridKernels(memory: Memory) {
  const out: Record<string, unknown> = {};
  for (const dtype of ["f32", "f64"] as const) {
    for (const [name, kernel] of Object.entries(of(memory, dtype))) out[`${name}_${dtype}`] = kernel;
  }
  return out;
}
