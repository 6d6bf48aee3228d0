import { expect, test } from "vitest";
import { exponentialOmega } from "../../src/compressors/exponential-dithering.ts";
import { topKDithering } from "../../src/compressors/top-k-dithering.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { exponentialRatio, keptRatio } from "./ratios.ts";

const share = (d: number): number => (d === 0 ? 0 : Math.max(1, Math.round(0.3 * d)));

testCompressor(
  topKDithering,
  { ratio: 0.3 },
  { ratio: keptRatio(share, (k) => exponentialOmega(k, 2, 8, "2"), exponentialRatio(2, 8, "2")), samples: 20000 },
);
testCompressor(
  topKDithering,
  { ratio: 0.3, beta: 1.5, s: 12, norm: "max", scaled: "no" },
  { ratio: keptRatio(share, () => 0, exponentialRatio(1.5, 12, "max")), samples: 20000 },
);
testCompressor(
  topKDithering,
  { ratio: 0.3, beta: 4, s: 2, norm: "1" },
  { ratio: keptRatio(share, (k) => exponentialOmega(k, 4, 2, "1"), exponentialRatio(4, 2, "1")), samples: 20000 },
);

test("constants: zeta from dimension k; no delta where zeta is at least 2 and nothing is scaled", () => {
  const scaled = new Bench("wasm", "f32", 100, "top-k-dithering:k=16,s=4").compressor;
  const zeta = 9 / 8 + 0.5 * 0.5;
  expect(scaled.delta).toBeCloseTo(0.16 / zeta, 14);
  const plain = new Bench("wasm", "f32", 100, "top-k-dithering:k=16,s=4,scaled=no").compressor;
  expect(plain.delta).toBeCloseTo(0.16 * (2 - zeta), 14);
  expect(plain.constants.B1![1]).toBeCloseTo(zeta, 14);
  const loose = new Bench("wasm", "f32", 100, "top-k-dithering:k=16,s=2,scaled=no").compressor;
  expect(loose.delta).toBeUndefined();
  expect(loose.constants.B2).toBeDefined();
});
