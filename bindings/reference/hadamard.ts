// Twin of assembly/core/hadamard.ts.
import type { Dtype } from "../kernels.ts";
import { type Memory, rounder } from "./memory.ts";

function of(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  return {
    hadamard(n: number, x: number): void {
      const v = memory.vec(dtype, n, x);
      for (let stride = 1; stride < n; stride *= 2) {
        for (let i = 0; i < n; ++i) {
          if (i & stride) continue;
          const a = v[i]!;
          const b = v[i + stride]!;
          v[i] = a + b;
          v[i + stride] = a - b;
        }
      }
    },
    flip(n: number, bits: number, x: number): void {
      const size = dtype === "f32" ? 4 : 8;
      for (let i = 0; i < n; ++i) {
        memory.u8[x + size * (i + 1) - 1]! ^= ((memory.u8[bits + (i >> 3)]! >> (i & 7)) & 1) << 7;
      }
    },
    clipAdd(n: number, most: number, x: number, acc: number): void {
      const v = memory.vec(dtype, n, x);
      const sum = memory.vec(dtype, n, acc);
      const top = round(most);
      for (let i = 0; i < n; ++i) {
        v[i] = Math.min(Math.max(v[i]!, -top), top);
        sum[i]! += v[i]!;
      }
    },
  };
}

export function hadamardKernels(memory: Memory) {
  const out: Record<string, unknown> = {};
  for (const dtype of ["f32", "f64"] as const) {
    for (const [name, kernel] of Object.entries(of(memory, dtype))) out[`${name}_${dtype}`] = kernel;
  }
  return out;
}
