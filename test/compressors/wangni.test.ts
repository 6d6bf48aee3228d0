import { expect, test } from "vitest";
import { wangni } from "../../src/compressors/wangni.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

/** The budget's probabilities as the paper finds them: scale up and clip until nothing is above 1. */
function budgetRatio(kappa: number) {
  return (x: Float64Array): number => {
    const sizes = Array.from(x, Math.abs);
    const total = sizes.reduce((sum, v) => sum + v, 0);
    let p = sizes.map((v) => Math.min(1, (kappa * x.length * v) / total));
    for (;;) {
      const open = p.filter((v) => v < 1);
      const sum = open.reduce((a, b) => a + b, 0);
      const c = (kappa * x.length - x.length + open.length) / sum;
      if (!(sum > 0) || !(c > 1 + 1e-14)) break;
      p = p.map((v) => (v < 1 ? Math.min(1, c * v) : 1));
    }
    const second = sizes.reduce((sum, v, i) => sum + (v === 0 ? 0 : (v * v) / p[i]!), 0);
    return second / x.reduce((sum, v) => sum + v * v, 0) - 1;
  };
}

testCompressor(wangni, { variance: 0.5 }, { ratio: () => 0.5, samples: 20000 });
testCompressor(wangni, { variance: 3 }, { ratio: () => 3, samples: 60000 });
testCompressor(wangni, { budget: 0.25 }, { ratio: budgetRatio(0.25), extreme: flat, samples: 20000 });

test("a full budget is the identity", () => {
  const random = lcg(6);
  for (const dtype of ["f32", "f64"] as const) {
    const bench = new Bench("wasm", dtype, 500, "wangni:budget=1");
    for (const family of ["normal", "heavy", "sparse", "subnormal", "powers"]) {
      const x = inputs[family]!(500, random).map(dtype === "f32" ? Math.fround : Number);
      expect([...bench.decode(bench.encode(x, 1))]).toEqual(x.map((v) => v + 0));
    }
  }
});

test("the mean number of entries is the budget's", () => {
  const random = lcg(8);
  const bench = new Bench("wasm", "f64", 1000, "wangni:budget=0.1");
  for (const family of ["normal", "heavy"]) {
    const x = inputs[family]!(1000, random);
    let sum = 0;
    for (let seed = 0; seed < 400; ++seed) sum += bench.decode(bench.encode(x, seed)).filter((v) => v !== 0).length;
    expect(Math.abs(sum / 400 - 100)).toBeLessThan(3); // standard error below 0.5
  }
});

test("magnitudes near the smallest number draw the same entries", () => {
  for (const [dtype, power] of [
    ["f32", -115],
    ["f64", -1010],
  ] as const) {
    const bench = new Bench("wasm", dtype, 2100, "wangni:variance=1");
    const x = Array.from({ length: 2100 }, (_, i) => (((i * 7919) % 512) - 256) / 256);
    const kept = (j: number): number[] =>
      [
        ...bench
          .decode(
            bench.encode(
              x.map((v) => v * 2 ** j),
              8,
            ),
          )
          .keys(),
      ].filter((i) => bench.acc.view[i] !== 0);
    expect(kept(power)).toEqual(kept(0));
  }
});

test("options, and an index that is sent twice", () => {
  const make = (options: string) => () => new Bench("wasm", "f32", 4, `wangni${options}`);
  expect(make("")).toThrow("wangni: give one of variance and budget, got neither");
  expect(make(":variance=0")).toThrow("wangni: variance must be above 0 and finite, got 0");
  expect(make(":budget=1.5")).toThrow("wangni: budget must be in (0, 1], got 1.5");
  // g = 2 | one index: list 1 | 1.0 | one index: list 1 | minus
  const twice = [0, 0, 0, 0x40, 1, 1, 1, 0, 0, 0x80, 0x3f, 1, 1, 1, 1];
  expect(() => make(":variance=1")().check(Uint8Array.from(twice))).toThrow("wangni: index 1 is sent twice");
});
