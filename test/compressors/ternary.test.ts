import { expect, test } from "vitest";
import { ternary } from "../../src/compressors/ternary.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { ditheringRatio } from "./ratios.ts";

testCompressor(
  ternary,
  {},
  {
    ratio: ditheringRatio(1, "max"),
    extreme: (d) => Array.from({ length: d }, (_, i) => (i ? 1 / (1 + Math.sqrt(d)) : 1)),
  },
);

test("dense vectors take 1.6 bits an entry, sparse ones less", () => {
  const bench = new Bench("wasm", "f32", 1000, "ternary");
  expect(bench.encode(inputs.twoValues!(1000, lcg(1)), 1).length).toBe(1 + 4 + 200);
  const spike = bench.encode(inputs.spike!(1000, lcg(1)), 1);
  expect(spike[0]).toBe(1);
  expect(spike.length).toBeLessThan(16);
});

test("with clip: entries beyond c standard deviations are cut off there, the rest is plain ternary", () => {
  const x = inputs.normal!(200, lcg(4));
  x[17] = 50;
  const mean = x.reduce((a, b) => a + b) / 200;
  const sigma = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 200);
  const most = 2.5 * sigma;
  const clipped = new Bench("wasm", "f64", 200, "ternary:clip=2.5");
  const plain = new Bench("wasm", "f64", 200, "ternary");
  const got = clipped.decode(clipped.encode(x, 1));
  expect(Math.max(...got)).toBeCloseTo(most, 12);
  expect(got[17]).toBeCloseTo(most, 12);
  const cut = x.map((v) => Math.max(-most, Math.min(most, v)));
  const wanted = plain.decode(plain.encode(cut, 1));
  for (const [i, v] of got.entries()) expect(v).toBeCloseTo(wanted[i]!, 12);
  expect(clipped.compressor.omega).toBeUndefined();
  expect(clipped.compressor.constants).toEqual({});
  expect(() => new Bench("wasm", "f64", 4, "ternary:clip=0")).toThrow(
    "ternary: clip must be positive and finite, got 0",
  );
});

testCompressor(ternary, { clip: 2.5 }, { homogeneous: false });
