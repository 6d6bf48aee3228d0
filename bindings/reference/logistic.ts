// Twin of assembly/linalg/logistic.ts, where the method and its error are stated: same operations, same order.
import type { Dtype } from "../kernels.ts";
import { type Memory, rounder } from "./memory.ts";

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const MAGIC = 6755399441055744;
const SPLIT = 0.41421356237309503;

const power = new Float64Array(1);
const powerWords = new Uint32Array(power.buffer);
const HIGH_WORD = new Uint8Array(Float64Array.of(1).buffer)[7] ? 1 : 0;

/** 2^k, -1022 <= k <= 1023, from the bits: engines need not round `**` correctly. */
function pow2(k: number): number {
  powerWords[HIGH_WORD] = (k + 1023) << 20;
  return power[0]!;
}

/** exp for x <= 709.7, within 1 ulp. */
export function exp(x: number): number {
  x = Math.max(x, -746);
  const k = x * Math.LOG2E + MAGIC - MAGIC;
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  const r2 = r * r;
  const r4 = r2 * r2;
  const p0 = 1 / 2 + (1 / 6) * r + (1 / 24 + (1 / 120) * r) * r2;
  const p1 = 1 / 720 + (1 / 5040) * r + (1 / 40320 + (1 / 362880) * r) * r2;
  const p2 = 1 / 3628800 + (1 / 39916800) * r + (1 / 479001600 + (1 / 6227020800) * r) * r2;
  const q = p0 + (p1 + p2 * r4) * r4;
  const half = Math.floor(k / 2);
  return (1 + (r + r2 * q)) * pow2(half) * pow2(k - half);
}

/** log(1 + x) for 0 <= x <= 1, within 1.5 ulp. */
export function log1p(x: number): number {
  const large = x > SPLIT;
  const f = large ? (x - 1) * 0.5 : x;
  const s = f / (f + 2);
  const z = s * s;
  const z2 = z * z;
  const z4 = z2 * z2;
  const p0 = 2 / 3 + (2 / 5) * z + (2 / 7 + (2 / 9) * z) * z2;
  const p1 = 2 / 11 + (2 / 13) * z + (2 / 15 + (2 / 17) * z) * z2;
  const p = p0 + (p1 + (2 / 19 + (2 / 21) * z) * z4) * z4;
  return (large ? LN2_HIGH : 0) + (f - (s * (f - z * p) - (large ? LN2_LOW : 0)));
}

/** log(1 + exp(-t)). */
export const logisticTerm = (t: number): number => Math.max(-t, 0) + log1p(exp(-Math.abs(t)));

export function logisticKernels(memory: Memory, dtype: Dtype) {
  const round = rounder(dtype);
  return {
    logisticSlope(n: number, a: number, labels: number, z: number): void {
      const scale = round(a);
      const ys = memory.vec(dtype, n, labels);
      const zs = memory.vec(dtype, n, z);
      for (let i = 0; i < n; ++i) {
        const t = ys[i]! * zs[i]!;
        const e = exp(-Math.abs(t));
        zs[i] = -ys[i]! * (((t >= 0 ? e : 1) / (1 + e)) * scale);
      }
    },
    logisticCurvature(n: number, a: number, z: number): void {
      const scale = round(a);
      const zs = memory.vec(dtype, n, z);
      for (let i = 0; i < n; ++i) {
        const e = exp(-Math.abs(zs[i]!));
        const d = 1 + e;
        zs[i] = (e / (d * d)) * scale;
      }
    },
    logisticLoss(n: number, labels: number, z: number): number {
      const ys = memory.vec(dtype, n, labels);
      const zs = memory.vec(dtype, n, z);
      let total = 0;
      for (let i = 0; i < n; ++i) total += logisticTerm(ys[i]! * zs[i]!);
      return total;
    },
  };
}
