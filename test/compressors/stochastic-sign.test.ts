import { expect, test } from "vitest";
import { stochasticSign } from "../../src/compressors/stochastic-sign.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(
  stochasticSign,
  {},
  {
    bytes: (d, size) => size + Math.ceil(d / 8),
    ratio: (x) => x.length - 1,
    extreme: (d) => Array.from({ length: d }, (_, i) => i + 1),
  },
);

test("a norm beyond the type is refused", () => {
  const bench = new Bench("wasm", "f32", 4, "stochastic-sign");
  expect(() => bench.encode([3e38, 3e38, 0, 0], 1)).toThrow(
    /^stochastic-sign: the norm must be at most the largest f32, got 4\.24.*e\+38$/,
  );
});
