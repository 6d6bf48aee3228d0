import { expect, test } from "vitest";
import { rounding } from "../../src/compressors/rounding.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

const ratio =
  (beta: number, biased: boolean) =>
  (x: Float64Array): number => {
    let off = 0;
    let squares = 0;
    for (const v of x) {
      if (v === 0) continue;
      const y = Math.abs(v);
      let low = 1;
      while (low > y) low /= beta;
      while (low * beta <= y) low *= beta;
      const high = low * beta;
      off += biased ? Math.min(y - low, high - y) ** 2 : (high - y) * (y - low);
      squares += v * v;
    }
    return off / squares;
  };
const spread =
  (beta: number, value: number) =>
  (d: number): number[] =>
    Array.from({ length: d }, (_, i) => (i % 2 ? -1 : 1) * value * beta ** (i % 5));

for (const beta of [2, 1.2, 10]) {
  const more = beta === 2 ? {} : { homogeneous: false as const };
  testCompressor(
    rounding,
    { beta },
    { ratio: ratio(beta, false), extreme: spread(beta, (2 * beta) / (1 + beta)), samples: 20000, ...more },
  );
  testCompressor(
    rounding,
    { beta, mode: "biased" },
    { ratio: ratio(beta, true), extreme: spread(beta, (1 + beta) / 2), deterministic: true, ...more },
  );
}

test("ties go to the smaller magnitude; constants of powers of two", () => {
  const bench = new Bench("wasm", "f32", 6, "rounding:mode=biased");
  expect([...bench.decode(bench.encode([1.5, -3, 1.500001, 0.75, 0, -1], 1))]).toEqual([1, -2, 2, 0.5, 0, -1]);
  expect(bench.compressor.delta).toBeCloseTo(8 / 9, 14);
  expect(bench.compressor.constants.B1![0]).toBeCloseTo(4 / 9, 14);
  expect(bench.compressor.constants.B2![1]).toBeCloseTo(4 / 3, 14);
  expect(new Bench("wasm", "f32", 6, "rounding").compressor.omega).toBe(1 / 8);
});

test("the ends of the range: 0 and the smallest normal number, the largest power", () => {
  const bench = new Bench("wasm", "f32", 3, "rounding:mode=biased");
  expect([...bench.decode(bench.encode([2 ** -128, 1.1 * 2 ** -127, -3.4e38], 1))]).toEqual([
    0,
    2 ** -126,
    -(2 ** 127),
  ]);
});

test("options out of range", () => {
  expect(() => new Bench("wasm", "f32", 4, "rounding:beta=1")).toThrow("rounding: beta must be above 1");
  expect(() => new Bench("wasm", "f64", 4, "rounding:beta=1.01")).toThrow("at most 32766 powers in f64");
});
