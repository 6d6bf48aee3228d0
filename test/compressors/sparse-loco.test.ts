import { expect, test } from "vitest";
import { sparseLoco } from "../../src/compressors/sparse-loco.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

const kept = (d: number, k: number, chunk: number): number => Math.floor(d / chunk) * k + Math.min(k, d % chunk);
const bytes =
  (k: number, chunk: number) =>
  (d: number, size: number): number => {
    const n = kept(d, k, chunk);
    return 4 * size + Math.ceil(n / 4) + Math.ceil((n * Math.ceil(Math.log2(chunk))) / 8);
  };

testCompressor(sparseLoco, {}, { deterministic: true, bytes: bytes(64, 4096) });
testCompressor(sparseLoco, { k: 3, chunk: 16 }, { deterministic: true, bytes: bytes(3, 16) });
testCompressor(sparseLoco, { k: 1, chunk: 1 }, { deterministic: true, bytes: bytes(1, 1) });

test("896 bits a chunk of 4096 beside the codebook", () => {
  const bench = new Bench("wasm", "f32", 8 * 4096, "sparse-loco");
  expect(8 * bench.compressor.maxBytes).toBe(8 * 896 + 128);
});

test("kept values become the means of bins of 1.5 sigma around their mean; the error is the spread inside the bins", () => {
  const x = inputs.normal!(20_000, lcg(3));
  const bench = new Bench("wasm", "f64", 20_000, "sparse-loco");
  const c = bench.decode(bench.encode(x, 1));
  const at = [...c.keys()].filter((i) => c[i] !== 0);
  expect(at.length).toBe(kept(20_000, 64, 4096));
  for (let from = 0; from < 20_000; from += 4096) {
    const chunk = x.slice(from, from + 4096);
    const largest = [...chunk.keys()].sort((i, j) => Math.abs(chunk[j]!) - Math.abs(chunk[i]!) || i - j).slice(0, 64);
    expect(at.filter((i) => i >= from && i < from + 4096)).toEqual(largest.map((i) => from + i).sort((i, j) => i - j));
  }
  const values = at.map((i) => x[i]!);
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const sigma = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  const binOf = (v: number): number => Math.max(-2, Math.min(1, Math.floor((v - mean) / (1.5 * sigma))));
  at.forEach((i) => {
    const bin = values.filter((v) => binOf(v) === binOf(x[i]!));
    expect(c[i]).toBeCloseTo(bin.reduce((sum, v) => sum + v, 0) / bin.length, 12);
  });
  const energy = (v: ArrayLike<number>): number => Array.from(v, (e) => e * e).reduce((sum, e) => sum + e, 0);
  expect(energy(c) / energy(values)).toBeGreaterThan(0.9);
});

test("ties go to the lower indices; equal values survive exactly", () => {
  const bench = new Bench("wasm", "f32", 6, "sparse-loco:k=2,chunk=3");
  expect([...bench.decode(bench.encode([1, 1, 1, 0, 1, 1], 1))]).toEqual([1, 1, 0, 0, 1, 1]);
});

test("options, and payloads that no encoder writes", () => {
  const make = (options: string) => () => new Bench("wasm", "f32", 8, `sparse-loco:${options}`);
  expect(make("chunk=0")).toThrow("sparse-loco: chunk must be an integer in 1..65536, got 0");
  expect(make("k=9,chunk=8")).toThrow("sparse-loco: k must be an integer in 1..8, got 9");
  const bench = make("k=2,chunk=8")();
  const payload = bench.encode([0, 3, 0, 0, 0, -3, 0, 0], 1);
  expect([...bench.decode(payload)]).toEqual([0, 3, 0, 0, 0, -3, 0, 0]);
  const edited = (at: number, value: number): Uint8Array => payload.map((byte, i) => (i === at ? value : byte));
  expect(() => bench.check(edited(17, 1 | (1 << 3)))).toThrow("sparse-loco: indices must ascend below 8, got 1");
  expect(() => bench.check(edited(3, 0x40))).toThrow("sparse-loco: no encoder writes 2 for a bin of 0 entries");
});
