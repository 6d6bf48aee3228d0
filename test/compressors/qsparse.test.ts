import { expect, test } from "vitest";
import { qsparse } from "../../src/compressors/qsparse.ts";
import { ditheringOmega } from "../../src/compressors/random-dithering.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { ditheringRatio, flat, keptRatio, largest } from "./ratios.ts";

const share = (ratio: number) => (d: number) => (d === 0 ? 0 : Math.max(1, Math.round(ratio * d)));
const spike = (d: number): number[] => Array.from({ length: d }, (_, i) => (i ? 0 : -2));

testCompressor(
  qsparse,
  { ratio: 0.3, s: 2 },
  { ratio: keptRatio(share(0.3), (k) => ditheringOmega(k, 2, "2"), ditheringRatio(2, "2")) },
);
testCompressor(qsparse, { ratio: 0.3, mode: "rand" }, {});
testCompressor(
  qsparse,
  { ratio: 1, s: 1 },
  {
    extreme: flat,
    ratio: keptRatio(
      (d) => d,
      (k) => Math.sqrt(k) - 1,
      ditheringRatio(1, "2"),
    ),
  },
);
for (const [ratio, extreme] of [
  [0.1, flat],
  [0.5, spike],
] as const) {
  testCompressor(
    qsparse,
    { ratio, mode: "sign" },
    {
      deterministic: true,
      extreme,
      ratio: (x) => {
        const kept = largest(x, share(ratio)(x.length));
        const sum = kept.reduce((a, v) => a + Math.abs(v), 0);
        return 1 - (sum * sum) / (kept.length * x.reduce((a, v) => a + v * v, 0));
      },
    },
  );
}

test("ties keep exactly k entries; the sign variant sends the mean magnitude", () => {
  const bench = new Bench("wasm", "f32", 6, "qsparse:mode=sign,k=2");
  expect([...bench.decode(bench.encode([1, -3, 1, -1, 5, 1], 1))]).toEqual([0, -4, 0, 0, 4, 0]);
  const ties = bench.decode(bench.encode([1, 1, -1, 1, 1, 1], 1));
  expect([...ties]).toEqual([1, 1, 0, 0, 0, 0]);
  expect(bench.compressor.delta).toBeCloseTo(1 / 3, 15);
});
