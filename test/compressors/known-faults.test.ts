/** Faults of public code that the literature's figures were made with, each with the behaviour that is right. */
import { expect, test } from "vitest";
import { WireError } from "../../src/core/errors.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";

const D = 40;
const squares = (x: ArrayLike<number>): number => Array.from(x).reduce((sum, v) => sum + v * v, 0);
const nonzero = (x: ArrayLike<number>): number => Array.from(x).filter((v) => v !== 0).length;
const decoded = (spec: string, x: readonly number[], round = 1): number[] => {
  const bench = new Bench("wasm", "f64", x.length, spec);
  return [...bench.decode(bench.encode(x, round))];
};

test.each(["top-k:k=7", "top-lek:k=7", "qsparse:k=7,mode=sign", "composed:outer=(identity),inner=(top-k:k=7)"])(
  "ef_sigma_k keeps all entries that tie with the k-th; %s: never more than k, lower indices first",
  (spec) => {
    const out = decoded(spec, Array(D).fill(-3));
    expect(nonzero(out.slice(0, 7))).toBe(nonzero(out));
    expect(nonzero(out)).toBe(7);
  },
);

test("GRACE thresholds by the signed maximum, so negative vectors lose all: magnitudes count", () => {
  expect(decoded("hard-threshold:max=0.5", [-4, -3, -1, 1])).toEqual([-4, -3, 0, 0]);
});

test.each(["rand-k:k=8", "rand-seq-k:k=8"])("GRACE and ef_sigma_k do not scale; %s scales by d/k", (spec) => {
  for (let round = 1; round <= 20; ++round) {
    const out = decoded(spec, Array(D).fill(1), round);
    expect([...new Set(out)].sort()).toEqual([0, D / 8]);
  }
});

test("GRACE draws entries with replacement: k of them are always distinct here", () => {
  // with replacement 30 draws of 40 are distinct with probability below 1e-8 each round
  for (let round = 1; round <= 20; ++round) {
    for (const spec of ["rand-k:k=30", "biased-rand-k:k=30"]) {
      expect(nonzero(decoded(spec, Array(D).fill(1), round)), spec).toBe(30);
    }
  }
});

test.each([
  "random-dithering",
  "random-dithering:norm=max",
  "ternary",
  "natural-dithering",
  "exponential-dithering:beta=1.5,s=9",
  "stochastic-sign",
  "sign",
  "one-bit",
])("GRACE's QSGD divides 0 by 0; %s of zeros is zeros", (spec) => {
  expect(decoded(spec, Array(D).fill(0))).toEqual(Array(D).fill(0));
});

test.each(["natural-dithering", "natural-dithering:norm=max", "exponential-dithering"])(
  "FL_PyTorch's natural dithering returns its input; %s gives powers of two of the norm",
  (spec) => {
    const x = [...inputs.normal!(D, lcg(3))];
    const out = decoded(spec, x);
    const norm = spec.includes("max") ? Math.max(...x.map(Math.abs)) : Math.sqrt(squares(x));
    for (const [i, v] of out.entries()) {
      if (v === 0) continue;
      const power = Math.log2(Math.abs(v) / norm);
      expect(Math.abs(power - Math.round(power))).toBeLessThan(1e-12);
      expect(power).toBeGreaterThan(-8);
      expect(Math.sign(v)).toBe(Math.sign(x[i]!));
    }
    expect(out).not.toEqual(x);
  },
);

test("ufednl's natural compression truncates: here magnitudes go up in the proportion that keeps the mean", () => {
  // 1.75 -> 2 with probability 3/4: of 40 * 100 entries 3000 +- 27.4 (one sigma); truncation gives none
  let up = 0;
  for (let round = 1; round <= 100; ++round) {
    for (const v of decoded("natural", Array(D).fill(1.75), round)) {
      expect([1, 2]).toContain(v);
      up += v === 2 ? 1 : 0;
    }
  }
  expect(Math.abs(up - 3000)).toBeLessThan(6 * 27.4);
});

test("GRACE clamps the exponents of natural compression to 2^-108..2^18: the whole range of f32 comes back", () => {
  const bench = new Bench("wasm", "f32", 4, "natural");
  const x = [2 ** -120, -(2 ** 100), 2 ** 126, -(2 ** -126)];
  expect([...bench.decode(bench.encode(x, 1))]).toEqual(x);
});

test("ufednl's TopLEK has a slack of |x|^2/10: its mean error is (1 - k/d)|x|^2 here", () => {
  // two outcomes for a fixed x: keep 1 or 2 of [2, 1, 1, 1, 1] (k = 3); errors 4 and 3, wanted 8 * 2/5 = 3.2
  const x = [2, 1, 1, 1, 1];
  let error = 0;
  const rounds = 4000;
  for (let round = 1; round <= rounds; ++round) {
    error += squares(decoded("top-lek:k=3", x, round).map((v, i) => v - x[i]!)) / rounds;
  }
  // one sigma: sqrt(0.2 * 0.8 / 4000) = 0.0063
  expect(Math.abs(error - 3.2)).toBeLessThan(6 * 0.0063);
});

test("a OneBit decoder that swaps or rescales the two means is wrong: it is a projection, applied twice it is itself", () => {
  const x = [...inputs.normal!(D, lcg(5))].map((v) => v + 0.4);
  const out = decoded("one-bit", x);
  const mean = (group: number[]): number => group.reduce((sum, v) => sum + v, 0) / group.length;
  const [negative, other] = [mean(x.filter((v) => v < 0)), mean(x.filter((v) => v >= 0))];
  for (const [i, v] of out.entries()) expect(v).toBeCloseTo(x[i]! < 0 ? negative : other, 12);
  for (const [i, v] of decoded("one-bit", out).entries()) expect(v).toBeCloseTo(out[i]!, 12);
  expect(out.reduce((sum, v) => sum + v, 0)).toBeCloseTo(
    x.reduce((sum, v) => sum + v, 0),
    10,
  );
});

test("ef_sigma_k counts no index bits, 64 a kept entry: payloads hold all that a decoder needs", () => {
  const bench = new Bench("wasm", "f64", 1024, "top-k:k=100");
  const payload = bench.encode(inputs.normal!(1024, lcg(6)), 1);
  // lg C(1024, 100) > 468 bits
  expect(8 * payload.length).toBeGreaterThanOrEqual(64 * 100 + 468);
  expect(nonzero(bench.decode(payload))).toBe(100);
  expect(() => bench.decode(payload.slice(0, 800))).toThrow(WireError);
});

test("ATOMO's reference clips probabilities without redistribution: the budget is met in the mean", () => {
  // diag(8, 1, 1, 1), budget 2: the first triple always (p = 1), the others with 1/3 each: values 8 and 3
  const x = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? (i === 0 ? 8 : 1) : 0));
  let kept = 0;
  const rounds = 600;
  for (let round = 1; round <= rounds; ++round) {
    const out = decoded("atomo:rows=4,budget=2", x, round);
    expect(out[0]).toBeCloseTo(8, 10);
    for (const i of [5, 10, 15]) {
      expect(Math.min(Math.abs(out[i]!), Math.abs(out[i]! - 3))).toBeLessThan(1e-9);
      kept += out[i]! > 1 ? 1 : 0;
    }
  }
  // 1800 draws of 1/3: 600 +- 20 (one sigma)
  expect(Math.abs(kept - 600)).toBeLessThan(6 * 20);
});
