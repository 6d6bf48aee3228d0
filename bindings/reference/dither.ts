// Twin of assembly/core/dither.ts.
import type { Dtype } from "../kernels.ts";
import { type Memory, rounder } from "./memory.ts";
import { draws, finite, fraction } from "./stream.ts";

function of(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  const size = dtype === "f32" ? 4 : 8;
  const minus = (x: number, i: number): number => memory.u8[x + size * i + size - 1]! >> 7;
  /** Bits before the point in fixed-point rounding; 0: the draw is compared with the fraction. */
  const pointOf = (s: number): number => (dtype === "f64" || s > 7 ? 0 : 32 - Math.clz32(s));
  const signed = (code: number, value: number): number => {
    const product = round((code >> 1) * value);
    return code & 1 ? -product : product;
  };
  return {
    ditherCodes(n: number, c: number, s: number, x: number, rng: number, codes: number): number {
      const v = memory.vec(dtype, n, x);
      const scale = finite(dtype, c);
      const source = draws(memory, rng);
      const point = pointOf(s);
      const rounded = (y: number, i: number): number => {
        if (point === 0) return Math.floor(y) + (fraction(source, dtype, i) < y - Math.floor(y) ? 1 : 0);
        const fixed = round(y + 2 ** point) - 2 ** point; // the nearest multiple of 2^(point - 23)
        return Math.floor(fixed + (source.word(i) >>> (9 + point)) * 2 ** (point - 23));
      };
      let count = 0;
      for (let i = 0; i < n; ++i) {
        const product = round(Math.abs(v[i]!) * scale);
        const level = rounded(Number.isNaN(product) ? s : Math.min(product, s), i);
        memory.view.setUint16(codes + 2 * i, 2 * level + (level > 0 ? minus(x, i) : 0), true);
        if (level > 0) ++count;
      }
      return count;
    },
    codesAdd(n: number, a: number, codes: number, acc: number): void {
      const v = memory.vec(dtype, n, acc);
      const value = round(a);
      for (let i = 0; i < n; ++i) v[i]! += signed(memory.view.getUint16(codes + 2 * i, true), value);
    },
    codesScatterAdd(k: number, a: number, codes: number, indices: number, acc: number): void {
      const value = round(a);
      for (let i = 0; i < k; ++i) {
        const index = memory.view.getUint32(indices + 4 * i, true);
        const v = memory.vec(dtype, index + 1, acc);
        v[index]! += signed(memory.view.getUint16(codes + 2 * i, true), value);
      }
    },
  };
}

export function ditherKernels(memory: Memory) {
  const f32 = of(memory, "f32");
  const f64 = of(memory, "f64");
  return {
    ditherCodes_f32: f32.ditherCodes,
    ditherCodes_f64: f64.ditherCodes,
    codesAdd_f32: f32.codesAdd,
    codesAdd_f64: f64.codesAdd,
    codesScatterAdd_f32: f32.codesScatterAdd,
    codesScatterAdd_f64: f64.codesScatterAdd,
  };
}
