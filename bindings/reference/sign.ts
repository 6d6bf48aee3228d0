// Twin of assembly/core/sign.ts.
import type { Dtype } from "../kernels.ts";
import { type Memory, rounder } from "./memory.ts";
import { draws, fraction } from "./stream.ts";
import { reduce } from "./vec.ts";

/** Rounds the scale of the stochastic sign: x * p * c is x / (2 norm), p a power of two within the type's range. */
function halfOver(dtype: Dtype, norm: number): { p: number; c: number } {
  const bound = dtype === "f32" ? 126 : 1022;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, norm);
  const exponent = (view.getUint32(0) >>> 20) - 1023;
  const p = 2 ** Math.min(Math.max(-exponent, -bound), bound);
  return { p, c: rounder(dtype)(0.5 / (norm * p)) };
}

function of(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  const plane = (n: number, packed: number, minus: (i: number) => boolean): void => {
    memory.u8.fill(0, packed, packed + Math.ceil(n / 8));
    for (let i = 0; i < n; ++i) if (minus(i)) memory.u8[packed + (i >> 3)]! |= 1 << (i & 7);
  };
  return {
    signEncode(n: number, x: number, packed: number): number {
      const v = memory.vec(dtype, n, x);
      plane(n, packed, (i) => v[i]! < 0);
      return reduce(dtype, v, v, Math.abs);
    },
    signAdd(n: number, a: number, packed: number, acc: number): void {
      const v = memory.vec(dtype, n, acc);
      const value = round(a);
      for (let i = 0; i < n; ++i) v[i]! += (memory.u8[packed + (i >> 3)]! >> (i & 7)) & 1 ? -value : value;
    },
    stochasticSignEncode(n: number, x: number, norm: number, rng: number, packed: number): void {
      const v = memory.vec(dtype, n, x);
      const { p, c } = halfOver(dtype, norm);
      const source = draws(memory, rng);
      // f32 rounds at 1/2, f64 at 3/2: the sums that the vector code compares with
      const shift = dtype === "f32" ? 0 : 1;
      plane(n, packed, (i) => {
        const up = round(shift + 0.5 + round(round(v[i]! * p) * c));
        return shift + fraction(source, dtype, i) >= up;
      });
    },
  };
}

export function signKernels(memory: Memory) {
  const f32 = of(memory, "f32");
  const f64 = of(memory, "f64");
  return {
    signEncode_f32: f32.signEncode,
    signEncode_f64: f64.signEncode,
    signAdd_f32: f32.signAdd,
    signAdd_f64: f64.signAdd,
    stochasticSignEncode_f32: f32.stochasticSignEncode,
    stochasticSignEncode_f64: f64.stochasticSignEncode,
  };
}
