import { expect, test } from "vitest";
import { atomo, waterLevel } from "../../src/compressors/atomo.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { orthonormal, spectrum, total } from "./spectrum.ts";

const probabilities = (sigma: number[], budget: number): number[] => {
  const level = waterLevel(sigma, budget);
  return sigma.map((s) => (s >= level ? 1 : s / level));
};
/** sum sigma_i^2 / p_i, less |x|^2, over |x|^2. */
const ratio = (budget: number) => (x: Float64Array) => {
  const squares = spectrum(x).filter((s, _, all) => s > all[0]! * 1e-24);
  const sigma = squares.map(Math.sqrt);
  const p = probabilities(sigma, Math.min(budget, 4));
  return total(squares.map((s, i) => s / p[i]!)) / total(squares) - 1;
};
testCompressor(atomo, {}, { samples: 8000, ratio: (x) => (x.length === 1 ? 0 : ratio(2)(x)), extreme: orthonormal });
testCompressor(atomo, { budget: 0.7 }, { samples: 8000, extreme: orthonormal });

test("probabilities fill the budget, never exceed 1, and are proportional below 1", () => {
  const random = lcg(3);
  for (let t = 0; t < 500; ++t) {
    const n = 1 + Math.floor(random() * 12);
    const sigma = Array.from({ length: n }, () => random() ** (1 + 6 * random())).sort((a, b) => b - a);
    const budget = random() < 0.5 ? Math.ceil(random() * n) : random() * n;
    const p = probabilities(sigma, budget);
    expect(total(p)).toBeCloseTo(budget, 9);
    expect(Math.max(...p)).toBeLessThanOrEqual(1);
    // the conditions of optimality: sigma/p equal below 1, and p = 1 only where sigma is at least that
    const level = waterLevel(sigma, budget);
    sigma.forEach((s, i) => {
      if (p[i] === 1) expect(s).toBeGreaterThanOrEqual(level * (1 - 1e-12));
      else expect(s / p[i]!).toBeCloseTo(level, 9);
    });
  }
});

test("one triple far above the rest is always kept, the rest share what is left of the budget", () => {
  // clipping at 1 alone would leave sum p = 1 + 3/103 here
  expect(probabilities([100, 1, 1, 1], 2)).toEqual([1, 1 / 3, 1 / 3, 1 / 3]);
  const bench = new Bench("wasm", "f64", 16, "atomo:budget=2");
  const x = Array.from({ length: 16 }, (_, i) => (i === 0 ? 100 : i % 5 === 0 ? 1 : 0));
  const counts = Array.from({ length: 2000 }, (_, seed) => bench.encode(x, seed)[0]!);
  expect(Math.min(...counts)).toBe(1);
  expect(Math.max(...counts)).toBe(4); // a number of its own each time: nothing is drawn again
  expect(Math.abs(total(counts) / 2000 - 2)).toBeLessThan(6 * Math.sqrt(2 / 3 / 2000));
});

test("a budget of all triples is exact; budgets must be above 0", () => {
  const bench = new Bench("wasm", "f64", 30, "atomo:rows=6,budget=99");
  expect(bench.compressor.spec).toBe("atomo:rows=6,budget=5");
  expect(bench.compressor.omega).toBe(0);
  const x = inputs.normal!(30, lcg(8));
  const c = bench.decode(bench.encode(x, 1));
  for (let i = 0; i < 30; ++i) expect(c[i]).toBeCloseTo(x[i]!, 13);
  expect(() => new Bench("wasm", "f64", 30, "atomo:budget=0")).toThrow("atomo: budget must be above 0, got 0");
});
