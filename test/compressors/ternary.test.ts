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
