import { expect, test } from "vitest";
import { sign } from "../../src/compressors/sign.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(
  sign,
  {},
  {
    deterministic: true,
    bytes: (d, size) => size + Math.ceil(d / 8),
    ratio: (x) => 1 - x.reduce((s, v) => s + Math.abs(v), 0) ** 2 / (x.length * x.reduce((s, v) => s + v * v, 0)),
    extreme: (d) => Array.from({ length: d }, (_, i) => (i === 1 % d ? -3 : 0)),
  },
);

test("the zero vector leaves every bit of acc, minus zeros included", () => {
  const bench = new Bench("wasm", "f64", 9, "sign");
  const acc = bench.decode(bench.encode(Array(9).fill(0), 1), -1, Array(9).fill(-0));
  expect(acc.every((v) => Object.is(v, -0))).toBe(true);
});

test("a mean that underflows sends zeros; a sum that overflows does not", () => {
  const tiny = new Bench("wasm", "f64", 9, "sign");
  expect([...tiny.encode([-5e-324, 0, 0, 0, 0, 0, 0, 0, 0], 1)]).toEqual(Array(10).fill(0));
  for (const [dtype, most] of [
    ["f32", 3.4e38],
    ["f64", 1.7e308],
  ] as const) {
    const bench = new Bench("wasm", dtype, 300, "sign");
    const x = Array.from({ length: 300 }, (_, i) => (i % 2 ? most : -most));
    const c = bench.decode(bench.encode(x, 1));
    expect(Math.max(...c.map((v, i) => Math.abs(v / x[i]! - 1)))).toBeLessThan(1e-6);
  }
});
