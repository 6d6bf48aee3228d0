import { expect, test } from "vitest";
import { adaptiveRandom } from "../../src/compressors/adaptive-random.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

const power = (x: Float64Array, p: number): number => x.reduce((sum, v) => sum + Math.abs(v) ** p, 0);
const bytes = (d: number, size: number): number => (d === 0 ? 0 : size + Math.ceil(Math.ceil(Math.log2(d)) / 8));

testCompressor(
  adaptiveRandom,
  {},
  { bytes, ratio: (x) => 1 - power(x, 3) / (power(x, 1) * power(x, 2)), extreme: flat, gain: () => 1, samples: 20000 },
);
testCompressor(
  adaptiveRandom,
  { mode: "unbiased" },
  { bytes, ratio: (x) => power(x, 1) ** 2 / power(x, 2) - 1, extreme: flat, samples: 20000 },
);

test("zeros are never drawn, nor is a zero in front of the end", () => {
  for (const dtype of ["f32", "f64"] as const) {
    const bench = new Bench("wasm", dtype, 600, "adaptive-random");
    const least = dtype === "f32" ? 2 ** -149 : 2 ** -1074;
    const x = Array.from({ length: 600 }, (_, i) => (i === 255 || i === 256 ? least : 0));
    const seen = new Set<number>();
    for (let seed = 0; seed < 200; ++seed) {
      bench.decode(bench.encode(x, seed)).forEach((v, i) => {
        if (v !== 0) seen.add(i);
      });
    }
    expect([...seen].sort()).toEqual([255, 256]);
  }
});

test("a 1-norm beyond the type is refused by the unbiased kind only", () => {
  const most = [3e38, 3e38, 0, 0];
  const unbiased = new Bench("wasm", "f32", 4, "adaptive-random:mode=unbiased");
  expect(() => unbiased.encode(most, 1)).toThrow(/^adaptive-random: the norm must be at most the largest f32, got 6/);
  const biased = new Bench("wasm", "f64", 4, "adaptive-random");
  expect(Math.max(...biased.decode(biased.encode([1.7e308, 1.7e308, 1.7e308, 1.7e308], 1)))).toBe(1.7e308);
});
