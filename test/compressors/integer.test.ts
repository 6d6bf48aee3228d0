import { expect, test } from "vitest";
import { adaptiveScale, integer } from "../../src/compressors/integer.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

const ratio =
  (alpha: number) =>
  (x: Float64Array): number => {
    let off = 0;
    let squares = 0;
    for (const v of x) {
      const f = (Math.abs(v) * alpha) % 1;
      off += f * (1 - f);
      squares += v * v;
    }
    return off / (alpha * alpha * squares);
  };

testCompressor(
  integer,
  { alpha: 100, bits: 32, workers: 10 },
  { bytes: (d) => 4 * d, ratio: ratio(100), homogeneous: false },
);
testCompressor(
  integer,
  { alpha: 0.3, bits: 16 },
  { bytes: (d) => 2 * d, ratio: ratio(0.3), homogeneous: false, samples: 20000 },
);
testCompressor(
  integer,
  { alpha: 70, bits: 32, mode: "nearest", workers: 3 },
  { bytes: (d) => 4 * d, deterministic: true, homogeneous: false },
);

test("sums over the workers cannot wrap, at either end", () => {
  for (const [bits, workers] of [
    [8, 1],
    [8, 3],
    [8, 127],
    [16, 1000],
    [32, 7],
  ] as const) {
    const bench = new Bench("wasm", "f64", 2, `integer:alpha=1,bits=${bits},workers=${workers},mode=nearest`);
    const [top, bottom] = bench.decode(bench.encode([1e20, -1e20], 1));
    expect(top! * workers).toBeLessThanOrEqual(2 ** (bits - 1) - 1);
    expect(top! * workers).toBeGreaterThan(2 ** (bits - 1) - 1 - workers);
    expect(bottom! * workers).toBeGreaterThanOrEqual(-(2 ** (bits - 1)));
    expect(bottom! * workers).toBeLessThan(-(2 ** (bits - 1)) + workers);
  }
});

test("payloads add up as integers", () => {
  const bench = new Bench("wasm", "f32", 3, "integer:alpha=4,workers=2,mode=nearest");
  const a = new Int8Array(bench.encode([1, -2.5, 7], 1).buffer);
  const b = new Int8Array(bench.encode([0.5, 2.25, -1], 1).buffer);
  expect([...bench.decode(new Uint8Array(a.map((v, i) => v + b[i]!).buffer))]).toEqual([1.5, -0.25, 6]);
});

test("options out of range", () => {
  const make = (spec: string) => () => new Bench("wasm", "f32", 4, spec);
  expect(make("integer")).toThrow("integer: alpha must be positive and finite, got undefined");
  expect(make("integer:alpha=-1")).toThrow("got -1");
  expect(make("integer:alpha=1,bits=12")).toThrow("integer: bits must be 8, 16 or 32, got 12");
  expect(make("integer:alpha=1,workers=128")).toThrow("integer: workers must be an integer in 1..127, got 128");
});

test("adaptiveScale is the paper's rule", () => {
  const first = adaptiveScale({ dim: 100, workers: 4, gamma: 0.5, previous: 0, movement: 2 });
  expect(first.r).toBeCloseTo(0.2, 15);
  expect(first.alpha).toBeCloseTo(10 / Math.sqrt(8 * 0.2 * 4), 12);
  const second = adaptiveScale({ dim: 100, workers: 4, gamma: 0.5, previous: first.r, movement: 0 });
  expect(second.r).toBeCloseTo(0.18, 15);
  expect(second.alpha).toBeGreaterThan(first.alpha);
  expect(adaptiveScale({ dim: 4, workers: 1, gamma: 1, previous: 0, movement: 0 }).alpha).toBeCloseTo(2e8, 0);
  expect(() => adaptiveScale({ dim: 4, workers: 1, gamma: 0, previous: 0, movement: 0 })).toThrow(
    "gamma must be positive",
  );
  expect(() => adaptiveScale({ dim: 4, workers: 1, gamma: 1, previous: -1, movement: 0 })).toThrow("at least 0");
});
