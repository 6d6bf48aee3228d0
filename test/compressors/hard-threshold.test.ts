import { expect, test } from "vitest";
import { hardThreshold } from "../../src/compressors/hard-threshold.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import type { Ratio } from "./moments.ts";

const squares = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0);
const largest = (x: Float64Array): number => Math.max(...x.map(Math.abs));
const dropped =
  (lambda: (x: Float64Array) => number): Ratio =>
  (x) => {
    const least = lambda(x);
    return squares(x.filter((v) => Math.abs(v) < least)) / squares(x);
  };
/** One large entry and others just below `part` of it. */
const below = (d: number, part: number): number[] =>
  Array.from({ length: d }, (_, i) => (i === 0 ? 1 : part * (1 - 2e-7)));

testCompressor(
  hardThreshold,
  { absolute: 0.3 },
  { deterministic: true, homogeneous: false, ratio: dropped(() => 0.3), gain: () => 1 },
);
testCompressor(
  hardThreshold,
  { relative: 0.8 },
  {
    deterministic: true,
    // never at a tie in the inputs of the suite, so the rounding of the norm does not matter
    ratio: dropped((x) => 0.8 * Math.sqrt(squares(x) / x.length)),
    // lambda^2 = c^2 (1 + (d-1) v^2)/d = v^2
    extreme: (d) => below(d, 0.8 / Math.sqrt(d - 0.64 * (d - 1))),
    gain: () => 1,
  },
);
testCompressor(
  hardThreshold,
  { max: 0.5 },
  { deterministic: true, ratio: dropped((x) => 0.5 * largest(x)), extreme: (d) => below(d, 0.5), gain: () => 1 },
);

test("magnitudes count: a vector of negative entries is thresholded like its negative", () => {
  for (const spec of ["max=0.5", "relative=0.9", "absolute=2"]) {
    const bench = new Bench("wasm", "f32", 4, `hard-threshold:${spec}`);
    expect([...bench.decode(bench.encode([-4, -1, -3, -0.5], 1))]).toEqual([-4, 0, -3, 0]);
  }
});

test("equal entries are all kept; the threshold itself counts", () => {
  const bench = new Bench("wasm", "f32", 300, "hard-threshold:relative=0.9999999999");
  const x = Array(300).fill(0.1);
  expect([...bench.decode(bench.encode(x, 1))]).toEqual(x.map(Math.fround));
  const exact = new Bench("wasm", "f64", 3, "hard-threshold:absolute=0.5");
  expect([...exact.decode(exact.encode([0.5, 0.4999999, -0.5], 1))]).toEqual([0.5, 0, -0.5]);
});

test("options", () => {
  const make = (options: string) => () => new Bench("wasm", "f32", 4, `hard-threshold${options}`);
  expect(make("")).toThrow("hard-threshold: give one of absolute, relative and max, got 0");
  expect(make(":max=1,relative=0.5")).toThrow("got 2");
  expect(make(":absolute=0")).toThrow("hard-threshold: absolute must be above 0 and finite, got 0");
  expect(make(":relative=1")).toThrow("hard-threshold: relative must be in (0, 1), got 1");
  expect(make(":max=1.5")).toThrow("hard-threshold: max must be in (0, 1], got 1.5");
});
