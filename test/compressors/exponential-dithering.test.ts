import { expect, test } from "vitest";
import { exponentialDithering } from "../../src/compressors/exponential-dithering.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { ditheringRatio, exponentialRatio, flat } from "./ratios.ts";

testCompressor(exponentialDithering, {}, { ratio: exponentialRatio(2, 8, "2"), samples: 20000 });
testCompressor(exponentialDithering, { s: 1, norm: "1" }, { ratio: ditheringRatio(1, "1"), extreme: flat });
testCompressor(exponentialDithering, { beta: 1.3, s: 20 }, { ratio: exponentialRatio(1.3, 20, "2"), samples: 20000 });
testCompressor(
  exponentialDithering,
  { beta: 3, s: 5, norm: "3", coding: "fixed" },
  { bytes: (d, size) => 1 + size + Math.ceil((d * 4) / 8), ratio: exponentialRatio(3, 5, "3"), samples: 20000 },
);
testCompressor(
  exponentialDithering,
  { beta: 1.5, s: 60, norm: "max", coding: "elias" },
  { ratio: exponentialRatio(1.5, 60, "max"), samples: 20000 },
);

test("beta = 2 writes what natural dithering writes, and neither returns its input", () => {
  const random = lcg(8);
  for (const dtype of ["f32", "f64"] as const) {
    for (const options of ["s=1", "s=3,norm=max", "s=8", "s=40,norm=max,coding=fixed"]) {
      const x = inputs.normal!(999, random);
      const [natural, exponential] = ["natural", "exponential"].map((name) => {
        const bench = new Bench("wasm", dtype, 999, `${name}-dithering:${options}`);
        const payload = bench.encode(x, 5);
        return { payload, values: bench.decode(payload), x: bench.x.view.slice() };
      });
      expect(exponential!.payload).toEqual(natural!.payload);
      expect(exponential!.values).toEqual(natural!.values);
      expect(exponential!.values.some((v, i) => v !== exponential!.x[i])).toBe(true);
    }
  }
});

test("options out of range", () => {
  const make = (options: string) => () => new Bench("wasm", "f32", 4, `exponential-dithering:${options}`);
  expect(make("beta=1")).toThrow("exponential-dithering: beta must be above 1 and finite, got 1");
  expect(make("s=1001,beta=1.01")).toThrow("exponential-dithering: s must be an integer in 1..1000, got 1001");
  expect(make("beta=10,s=400")).toThrow("beta^(s-1) must be at most 2^1000, got beta=10, s=400");
  expect(make("norm=9")).toThrow("norm must be one of");
});
