// Twin of assembly/core/{select,scatter}.ts. topK sorts: O(n log n), and independent of the kernel's method.
import type { Dtype } from "../kernels.ts";
import { type Memory, rounder } from "./memory.ts";

const SAMPLE = 2048;
const HEADER = 64 + 8192;
const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

function topKScratch(n: number, k: number): number {
  if (n < 8192 || k > Math.floor(n / 4)) return HEADER + aligned(8 * Math.min(n, 4096 + Math.floor(n / 8)));
  const expected = (k * SAMPLE) / n;
  const rank = Math.ceil(expected + 3 * Math.sqrt(expected) + 4);
  const room = Math.ceil((n * (rank + 4 * Math.sqrt(rank) + 8)) / SAMPLE);
  return HEADER + aligned(4 * room + 256) + 2 * aligned(8 * Math.max(room, SAMPLE));
}

function typedSelect(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  const size = dtype === "f32" ? 4 : 8;
  const read = (at: number): number =>
    size === 4 ? memory.view.getFloat32(at, true) : memory.view.getFloat64(at, true);
  return {
    topK(n: number, k: number, x: number, indices: number): number {
      const v = memory.vec(dtype, n, x);
      for (let i = 0; i < n; ++i) if (!Number.isFinite(v[i]!)) return -1 - i;
      const least = v.map(Math.abs).sort()[n - k]!;
      let ties = k;
      for (let i = 0; i < n; ++i) if (Math.abs(v[i]!) > least) --ties;
      let to = indices >>> 2;
      for (let i = 0; i < n; ++i) {
        const m = Math.abs(v[i]!);
        if (m > least || (m === least && ties-- > 0)) memory.u32[to++] = i;
      }
      return k;
    },
    gather(k: number, a: number, x: number, indices: number, values: number): void {
      const factor = round(a);
      const v = memory.vec(dtype, (memory.buffer.byteLength - x) >>> (size === 4 ? 2 : 3), x);
      for (let j = 0; j < k; ++j) {
        const index = memory.u32[(indices >>> 2) + j]!;
        const to = values + j * size;
        const from = x + index * size;
        if (factor === 1) memory.u8.copyWithin(to, from, from + size);
        else if (size === 4) memory.view.setFloat32(to, factor * v[index]!, true);
        else memory.view.setFloat64(to, factor * v[index]!, true);
      }
    },
    scatterAdd(k: number, a: number, values: number, indices: number, acc: number): void {
      const factor = round(a);
      const v = memory.vec(dtype, (memory.buffer.byteLength - acc) >>> (size === 4 ? 2 : 3), acc);
      for (let j = 0; j < k; ++j) {
        const index = memory.u32[(indices >>> 2) + j]!;
        v[index] = v[index]! + round(factor * read(values + j * size));
      }
    },
  };
}

export function selectKernels(memory: Memory, rngBelow: (state: number, bound: number) => number) {
  const f32 = typedSelect(memory, "f32");
  const f64 = typedSelect(memory, "f64");
  return {
    topKScratch,
    topK_f32: f32.topK,
    topK_f64: f64.topK,
    gather_f32: f32.gather,
    gather_f64: f64.gather,
    scatterAdd_f32: f32.scatterAdd,
    scatterAdd_f64: f64.scatterAdd,
    randomSubset(n: number, k: number, rng: number, indices: number, bitmap: number): void {
      const picks = memory.u32.subarray(indices >>> 2, (indices >>> 2) + k);
      for (let m = 0; m < k; ++m) {
        const j = n - k + m;
        let pick = rngBelow(rng, j + 1);
        if ((memory.u8[bitmap + (pick >>> 3)]! >> (pick & 7)) & 1) pick = j;
        memory.u8[bitmap + (pick >>> 3)]! |= 1 << (pick & 7);
        picks[m] = pick;
      }
      for (const pick of picks) memory.u8[bitmap + (pick >>> 3)] = 0;
    },
  };
}
