import { expect, test } from "vitest";
import { sparseDithering } from "../../src/compressors/sparse-dithering.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { ditheringRatio, flat } from "./ratios.ts";

const levels = (d: number, nu: number): number => Math.sqrt(d / nu) / 2;

// no exact ratio: entries halfway between levels go where the rounding of the norm sends them
testCompressor(sparseDithering, {}, { deterministic: true });
testCompressor(sparseDithering, { nu: 0.01 }, { deterministic: true });
// flat vectors lie halfway between two levels, at 3 h: both are off by h
testCompressor(sparseDithering, { nu: 1 / 9 }, { deterministic: true, ratio: nearestRatio(1 / 9), extreme: flat });
testCompressor(
  sparseDithering,
  { nu: 1, mode: "randomised" },
  { ratio: (x) => ditheringRatio(levels(x.length, 1), "2")(x), extreme: flat, samples: 20000 },
);
testCompressor(
  sparseDithering,
  { nu: 20, mode: "randomised" },
  { ratio: (x) => ditheringRatio(levels(x.length, 20), "2")(x), samples: 20000 },
);

/** Distances to the nearest level: which of two equally near ones does not matter. */
function nearestRatio(nu: number) {
  return (x: Float64Array): number => {
    const total = x.reduce((sum, v) => sum + v * v, 0);
    const step = 2 * Math.sqrt((nu * total) / x.length);
    return x.reduce((sum, v) => sum + Math.min(Math.abs(v) % step, step - (Math.abs(v) % step)) ** 2, 0) / total;
  };
}

test("at most d / nu entries are not zero, and one of them for a spike", () => {
  const random = lcg(2);
  const bench = new Bench("wasm", "f32", 2000, "sparse-dithering:nu=0.9");
  for (const family of ["normal", "heavy", "equal", "twoValues"]) {
    const c = bench.decode(bench.encode(inputs[family]!(2000, random), 1));
    expect(c.filter((v) => v !== 0).length).toBeLessThanOrEqual(2000 / 0.9);
  }
  expect(bench.decode(bench.encode(inputs.spike!(2000, random), 1)).filter((v) => v !== 0).length).toBe(1);
  // Gaussian entries round to zero below sqrt(nu) standard deviations
  const sparse = new Bench("wasm", "f32", 2000, "sparse-dithering:nu=3,mode=randomised");
  const c = sparse.decode(sparse.encode(inputs.normal!(2000, random), 1));
  expect(c.filter((v) => v !== 0).length).toBeLessThan(2000 / (2 * Math.sqrt(3)));
});

test("nu", () => {
  const make =
    (options: string, dim = 4) =>
    () =>
      new Bench("wasm", "f32", dim, `sparse-dithering:${options}`);
  expect(make("nu=1")).toThrow("sparse-dithering: nu must be in (0, 1), got 1");
  expect(make("nu=0,mode=randomised")).toThrow("sparse-dithering: nu must be above 0 and finite, got 0");
  expect(make("nu=9e-10")).toThrow(/sparse-dithering: nu must be at least 9\.3\d*e-10 for 4 entries/);
});
