import { expect, test } from "vitest";
import { topK } from "../../src/compressors/top-k.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

const squares = (x: number[]): number => x.reduce((sum, v) => sum + v * v, 0);
for (const ratio of [0.1, 0.6, 1]) {
  testCompressor(
    topK,
    { ratio },
    {
      deterministic: true,
      ratio: (x) => {
        const sorted = [...x].sort((a, b) => Math.abs(b) - Math.abs(a));
        return squares(sorted.slice(Math.max(1, Math.round(ratio * x.length)))) / squares(sorted);
      },
      extreme: flat,
      gain: () => 1,
    },
  );
}

test("ties go to the lower index; k entries are sent, zeros too", () => {
  const bench = new Bench("wasm", "f32", 5, "top-k:k=3");
  expect([...bench.decode(bench.encode([1, -2, 2, 2, -2], 1))]).toEqual([0, -2, 2, 2, 0]);
  const zeros = bench.encode([0, 0, 0, 0, 0], 1);
  expect(bench.encode([5, 0, 0, 0, 0], 1).length).toBe(zeros.length);
});

test("at d = 10^6, k = 10^4 a message is within 5 % of 32 k + lg C(d, k) bits", () => {
  const d = 1_000_000;
  const k = 10_000;
  let ideal = 32 * k;
  for (let i = 1; i <= k; ++i) ideal += Math.log2((d - k + i) / i);
  const bench = new Bench("wasm", "f32", d, `top-k:k=${k}`);
  const bits = 8 * bench.encode(inputs.normal!(d, lcg(4)), 1).length;
  expect(bits).toBeGreaterThanOrEqual(ideal);
  expect(bits / ideal).toBeLessThan(1.05);
});
