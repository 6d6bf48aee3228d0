import { expect, test } from "vitest";
import { randSeqK } from "../../src/compressors/rand-seq-k.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

const kept = (d: number): number => (d === 0 ? 0 : Math.max(1, Math.round(d * 0.25)));
testCompressor(
  randSeqK,
  { ratio: 0.25 },
  {
    bytes: (d, size) => 4 + size * kept(d),
    ratio: (x) => x.length / kept(x.length) - 1,
    extreme: flat,
    gain: (d) => d / kept(d),
  },
);

test("the window wraps around the end", () => {
  const bench = new Bench("wasm", "f32", 4, "rand-seq-k:k=2");
  const seen = new Set(Array.from({ length: 60 }, (_, seed) => bench.decode(bench.encode([1, 2, 3, 4], seed)).join()));
  expect([...seen].sort()).toEqual(["0,0,6,8", "0,4,6,0", "2,0,0,8", "2,4,0,0"]);
});
