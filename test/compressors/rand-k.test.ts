import { expect, test } from "vitest";
import { randK } from "../../src/compressors/rand-k.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

const kept = (d: number, ratio: number): number => (d === 0 ? 0 : Math.max(1, Math.round(d * ratio)));
testCompressor(
  randK,
  { ratio: 0.25 },
  {
    bytes: (d, size) => 4 + size * kept(d, 0.25),
    ratio: (x) => x.length / kept(x.length, 0.25) - 1,
    extreme: flat,
    gain: (d) => d / kept(d, 0.25),
  },
);

test("k = d is the identity; k and ratio are checked", () => {
  const bench = new Bench("wasm", "f64", 4, "rand-k:k=4");
  expect([...bench.decode(bench.encode([1, 2, 0.3, -4], 1))]).toEqual([1, 2, 0.3, -4]);
  expect(bench.compressor.omega).toBe(0);
  expect(() => new Bench("wasm", "f64", 4, "rand-k:k=5")).toThrow("rand-k: k must be an integer in 1..4 (d), got 5");
  expect(() => new Bench("wasm", "f64", 4, "rand-k:k=1,ratio=0.5")).toThrow("give one of k and ratio");
});
