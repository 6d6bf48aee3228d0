import { expect, test } from "vitest";
import type { Dtype, Kernels } from "../../bindings/kernels.ts";
import { typed } from "../../bindings/kernels.ts";
import { BASE, both, bytes, bytesOf, dtypes, inputs, lcg, pair, vec } from "./harness.ts";

const GUARD = 64;

/** Families against the sample: stride 511 (n = 2^20) or 5 and 3 (smaller n), blocks, coarse levels, all kinds of ties. */
const adversarial: Record<string, (n: number, random: () => number) => number[]> = {
  ...inputs,
  sampledLow: (n, r) => Array.from({ length: n }, (_, i) => (i % 3 === 0 || i % 5 === 0 ? r() * 1e-6 : 1 + r())),
  sampledHigh: (n, r) => Array.from({ length: n }, (_, i) => (i % 3 === 0 || i % 5 === 0 ? 1 + r() : r() * 1e-6)),
  bigTail: (n, r) => Array.from({ length: n }, (_, i) => (i > 0.95 * n ? 5 + r() : r())),
  bigHead: (n, r) => Array.from({ length: n }, (_, i) => (i < 0.02 * n ? -5 - r() : r())),
  coarse: (n, r) => Array.from({ length: n }, () => Math.floor(r() * 5) - 2),
  mostlyZero: (n, r) => Array.from({ length: n }, () => (r() < 0.995 ? (r() < 0.5 ? 0 : -0) : r() - 0.5)),
  oneNonZero: (n) => Array.from({ length: n }, (_, i) => (i === n - 1 ? -1e-30 : 0)),
  nearlyEqual: (n, r) => Array.from({ length: n }, () => 1 + Math.floor(r() * 8) * 2 ** -23),
  range: (n, r) => Array.from({ length: n }, () => 2 ** (r() * 250 - 125)),
};

/** Straight from the definition. */
function naive(x: Float32Array | Float64Array, k: number): number[] {
  const order = Array.from(x.keys()).sort((a, b) => Math.abs(x[b]!) - Math.abs(x[a]!) || a - b);
  return order.slice(0, k).sort((a, b) => a - b);
}

function run(kernels: Kernels, dtype: Dtype, n: number, k: number, x: number): { status: number; set: number[] } {
  const indices = BASE + (1 << 20);
  const scratchBytes = kernels.topKScratch(n, k);
  const scratch = indices + 4 * k + GUARD + (16 - ((4 * k + GUARD) % 16));
  const out = bytes(kernels, 4 * k + GUARD, indices);
  out.fill(0xa5);
  bytes(kernels, GUARD, scratch + scratchBytes).fill(0x5a);
  const status = typed(kernels, dtype).topK(n, k, x, indices, scratch);
  expect(out.subarray(4 * k).every((b) => b === 0xa5)).toBe(true);
  expect(bytes(kernels, GUARD, scratch + scratchBytes).every((b) => b === 0x5a)).toBe(true);
  return { status, set: Array.from(new Uint32Array(kernels.memory.buffer, indices, k)) };
}

const p = pair(1 << 22);

for (const dtype of dtypes) {
  test(`topK ${dtype}: every family, n = 1..300 and around the sampling limit, against a sort`, () => {
    const random = lcg(5);
    const sizes = Array.from({ length: 300 }, (_, i) => i + 1);
    for (const [name, family] of Object.entries(adversarial)) {
      for (const n of sizes.filter((s) => s < 24 || s % 13 === 1 || s > 297)) {
        const at = BASE + (n % 4) * bytesOf(dtype);
        const values = family(n, random);
        for (const kernels of [p.wasm, p.reference]) vec(kernels, dtype, n, at).set(values);
        for (const k of new Set([1, n >> 1 || 1, Math.ceil(0.9 * n), n])) {
          const want = { status: k, set: naive(vec(p.wasm, dtype, n, at), k) };
          expect(run(p.wasm, dtype, n, k, at), `${name} n=${n} k=${k}`).toEqual(want);
          expect(run(p.reference, dtype, n, k, at), `${name} n=${n} k=${k}`).toEqual(want);
        }
      }
    }
  });

  test(`topK ${dtype}: sampled sizes, every family`, () => {
    const random = lcg(6);
    for (const n of [8191, 8192, 12345, 30001]) {
      for (const [name, family] of Object.entries(adversarial)) {
        const at = BASE + bytesOf(dtype);
        const values = family(n, random);
        for (const kernels of [p.wasm, p.reference]) vec(kernels, dtype, n, at).set(values);
        const sorted = Array.from(vec(p.wasm, dtype, n, at).keys());
        const x = vec(p.wasm, dtype, n, at);
        sorted.sort((a, b) => Math.abs(x[b]!) - Math.abs(x[a]!) || a - b);
        for (const k of [1, 2, 7, Math.ceil(n / 100), n >> 4, n >> 2, (n >> 2) + 1, n >> 1, n - 1, n]) {
          const set = sorted.slice(0, k).sort((a, b) => a - b);
          expect(run(p.wasm, dtype, n, k, at), `${name} n=${n} k=${k}`).toEqual({ status: k, set });
        }
        const k = Math.ceil(n / 100);
        expect(run(p.reference, dtype, n, k, at)).toEqual(run(p.wasm, dtype, n, k, at));
      }
    }
  });

  test(`topK ${dtype}: names the first non-finite entry`, () => {
    const random = lcg(7);
    for (const n of [1, 2, 63, 64, 65, 300, 8192, 20000]) {
      for (const bad of [Number.NaN, -Number.NaN, Infinity, -Infinity]) {
        for (const family of ["normal", "zeros", "huge"]) {
          const values = inputs[family]!(n, random);
          const first = Math.floor(random() * n);
          values[first] = bad;
          for (let i = first; i < n; ++i) if (random() < 0.1 || n % 2) values[i] = bad;
          values[first] = bad;
          for (const kernels of [p.wasm, p.reference]) vec(kernels, dtype, n, BASE).set(values);
          for (const k of new Set([1, Math.ceil(n / 100), Math.ceil(n / 2), n])) {
            for (const kernels of [p.wasm, p.reference]) {
              expect(run(kernels, dtype, n, k, BASE).status, `n=${n} k=${k} ${family}`).toBe(-1 - first);
            }
          }
        }
      }
    }
  });

  test(`gather and scatterAdd ${dtype}: bit for bit, values at any alignment`, () => {
    const random = lcg(8);
    const size = bytesOf(dtype);
    const [wasm, reference] = both(p, dtype);
    const n = 300;
    for (let k = 0; k <= n; k += k < 20 ? 1 : 37) {
      for (const a of [1, -1, 0.1, 1 + 2 ** -40, 3e-39]) {
        const shift = (k * 3) % size;
        const x = BASE + size * (k % 3);
        const indices = BASE + 8192;
        const values = BASE + 16384 + shift;
        const acc = BASE + 32768 + size;
        const input = inputs["heavy"]!(n, random);
        const picks = Array.from({ length: k }, () => Math.floor(random() * n));
        for (const [kernels, typedKernels] of [
          [p.wasm, wasm],
          [p.reference, reference],
        ] as const) {
          bytes(kernels, 65536, BASE).fill(0x77);
          vec(kernels, dtype, n, x).set(input);
          vec(kernels, dtype, n, acc).set(input.map((v) => v / 3));
          new Uint32Array(kernels.memory.buffer, indices, k).set(picks);
          typedKernels.gather(k, a, x, indices, values);
          typedKernels.scatterAdd(k, a, values, indices, acc);
        }
        const got = bytes(p.wasm, 65536, BASE);
        expect(Buffer.compare(got, bytes(p.reference, 65536, BASE)), `k=${k} a=${a}`).toBe(0);
        expect(got.subarray(values + k * size - BASE, 32768).every((b) => b === 0x77)).toBe(true);
      }
    }
  });
}

test("gather with a = 1 copies signalling NaNs and negative zeros", () => {
  for (const kernels of [p.wasm, p.reference]) {
    new Uint32Array(kernels.memory.buffer, BASE, 2).set([0x7fa12345, 0x80000000]);
    new Uint32Array(kernels.memory.buffer, BASE + 64, 2).set([1, 0]);
    kernels.gather_f32(2, 1, BASE, BASE + 64, BASE + 128);
    expect(Array.from(new Uint32Array(kernels.memory.buffer, BASE + 128, 2))).toEqual([0x80000000, 0x7fa12345]);
    new BigUint64Array(kernels.memory.buffer, BASE, 2).set([0x7ff0000000000abcn, 1n << 63n]);
    kernels.gather_f64(2, 1, BASE, BASE + 64, BASE + 128);
    expect(Array.from(new BigUint64Array(kernels.memory.buffer, BASE + 128, 2))).toEqual([
      1n << 63n,
      0x7ff0000000000abcn,
    ]);
  }
});

test("topKScratch agrees between backends", () => {
  for (const n of [1, 2, 300, 8191, 8192, 100_000, 1 << 20, 12_345_678]) {
    for (const k of [1, 2, n >> 10, n >> 7, n >> 2, (n >> 2) + 1, n >> 1, n]) {
      if (k >= 1) expect(p.wasm.topKScratch(n, k)).toBe(p.reference.topKScratch(n, k));
    }
  }
});

test("randomSubset: same picks, distinct, uniform, bitmap left clean, generator left in the same state", () => {
  const indices = BASE + 4096;
  const bitmap = BASE + 16384;
  for (const n of [1, 2, 7, 64, 300, 1001]) {
    for (const k of new Set([0, 1, n >> 1, n - 1, n])) {
      for (const kernels of [p.wasm, p.reference]) {
        bytes(kernels, 65536, BASE).fill(0);
        kernels.rngSeed(BASE, n, k, 1, 2, 3, 4);
        kernels.randomSubset(n, k, BASE, indices, bitmap);
      }
      const picks = new Uint32Array(p.wasm.memory.buffer, indices, k);
      expect(new Set(picks).size).toBe(k);
      expect(picks.every((i) => i < n)).toBe(true);
      expect(bytes(p.wasm, 65536 - 16384, bitmap).every((b) => b === 0)).toBe(true);
      expect(Buffer.compare(bytes(p.wasm, 61440, indices), bytes(p.reference, 61440, indices))).toBe(0);
      for (let i = 0; i < 8; ++i) expect(p.wasm.rngU32(BASE) >>> 0).toBe(p.reference.rngU32(BASE));
    }
  }
  const counts = new Uint32Array(20);
  p.wasm.rngSeed(BASE, 1, 2, 3, 4, 5, 6);
  for (let i = 0; i < 20000; ++i) {
    p.wasm.randomSubset(20, 5, BASE, indices, bitmap);
    for (const pick of new Uint32Array(p.wasm.memory.buffer, indices, 5)) ++counts[pick]!;
  }
  // each count is binomial(20000, 1/4): 5000 with standard deviation 61
  for (const count of counts) expect(Math.abs(count - 5000)).toBeLessThan(5 * 61);
});
