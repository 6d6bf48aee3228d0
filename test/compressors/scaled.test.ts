import { expect, test } from "vitest";
import { scaled } from "../../src/compressors/scaled.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { ditheringRatio } from "./ratios.ts";

const part = (d: number, ratio: number): number => (d === 0 ? 0 : Math.max(1, Math.round(d * ratio)));
testCompressor(
  scaled,
  { of: "rand-k:ratio=0.25" },
  {
    bytes: (d, size) => 4 + size * part(d, 0.25),
    ratio: (x) => 1 - part(x.length, 0.25) / x.length,
    extreme: (d) => Array.from({ length: d }, () => 1),
  },
);
testCompressor(
  scaled,
  { of: "random-dithering:s=2", by: 0.5 },
  { ratio: (x) => 0.25 * ditheringRatio(2, "2")(x) + 0.25 },
);
testCompressor(
  scaled,
  { of: "composed:outer=(random-dithering:s=1),inner=(top-k:ratio=0.5)" },
  { samples: 20000, composite: true },
);
testCompressor(scaled, { of: "sign", by: 1.5 }, { deterministic: true, bytes: (d, size) => size + Math.ceil(d / 8) });

test("constants follow from the parts", () => {
  const make = (spec: string) => new Bench("wasm", "f64", 20, spec).compressor;
  const { constants, delta, spec } = make("scaled:of=(rand-k:k=5)");
  expect(spec).toBe("scaled:of=(rand-k:k=5),by=0.25");
  expect(delta).toBeCloseTo(0.25, 15);
  expect(constants).toMatchObject({ B1: [0.0625, 1], B2: [0.25, 1], eta: 0.75 });
  expect(constants.variance).toBeCloseTo(3 / 16, 15);
  expect(make("scaled:of=(rand-k:k=5),by=1").omega).toBe(3);
  expect(make("scaled:of=(rand-k:k=5),by=0.6").delta).toBeUndefined();
  expect(make("scaled:of=(top-k:k=5),by=0.5").delta).toBeCloseTo(0.25 * 0.5 * 1.5, 15);
  expect(() => make("scaled:of=(zero)")).toThrow("scaled: zero has neither omega nor B2 constants, so give by");
  expect(() => make("scaled:of=(sign),by=0")).toThrow("scaled: by must be above 0 and finite, got 0");
  expect(() => make("scaled")).toThrow("scaled: give of");
});
