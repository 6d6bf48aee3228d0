import { expect, test } from "vitest";
import { block } from "../../src/compressors/block.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

const part = (d: number, ratio: number): number => (d === 0 ? 0 : Math.max(1, Math.round(d * ratio)));
const sums = (d: number, size: number, bytes: (d: number) => number): number =>
  d === 0 ? bytes(0) : Math.floor(d / size) * bytes(size) + (d % size ? bytes(d % size) : 0);

testCompressor(
  block,
  { size: 16, of: "sign" },
  {
    deterministic: true,
    bytes: (d, size) => sums(d, 16, (n) => size + Math.ceil(n / 8)),
    ratio: (x) => {
      let off = 0;
      for (let from = 0; from < x.length; from += 16) {
        const piece = x.subarray(from, from + 16);
        const one = piece.reduce((sum, v) => sum + Math.abs(v), 0);
        off += piece.reduce((sum, v) => sum + v * v, 0) - one ** 2 / piece.length;
      }
      return off / x.reduce((sum, v) => sum + v * v, 0);
    },
  },
);
testCompressor(block, { size: 24, of: "random-dithering:s=3" }, { samples: 20000 });
testCompressor(block, { size: 7, of: "top-k:ratio=0.3" }, { deterministic: true });
testCompressor(
  block,
  { size: 8, of: "rand-k:ratio=0.5" },
  { bytes: (d, size) => sums(d, 8, (n) => 4 + size * part(n, 0.5)) },
);
testCompressor(
  block,
  { of: "induced:biased=(block:size=5,of=(top-k:ratio=0.5)),unbiased=(natural)" },
  { composite: true, samples: 20000 },
);

test("constants, text and errors", () => {
  const make = (spec: string, dim = 20) => new Bench("wasm", "f64", dim, spec).compressor;
  expect(make("block:size=16,of=(rand-k:k=2)").omega).toBe(7);
  expect(make("block:size=16,of=(rand-k:ratio=0.25)")).toMatchObject({
    omega: 3,
    spec: "block:size=16,of=(rand-k:ratio=0.25)",
  });
  expect(make("block:of=(sign)", 5000).delta).toBe(1 / 4096);
  expect(make("block:size=16,of=(random-dithering)").spec).toBe(
    "block:size=16,of=(random-dithering:s=7,norm=2,coding=auto)",
  );
  expect(() => make("block:size=16,of=(top-k:k=5)")).toThrow("top-k: k must be an integer in 1..4 (d), got 5");
  expect(() => make("block:size=0,of=(sign)")).toThrow("block: size must be an integer in 1..268435456, got 0");
  expect(() => make("block")).toThrow("block: give of");
});
