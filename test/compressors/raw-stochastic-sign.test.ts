import { expect, test } from "vitest";
import { rawStochasticSign } from "../../src/compressors/raw-stochastic-sign.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(
  rawStochasticSign,
  {},
  {
    homogeneous: false,
    bytes: (d) => Math.ceil(d / 8),
    // E|C(x) - x|^2 = d - 2|x| + |x|^2
    ratio: (x) => {
      const squares = x.reduce((sum, v) => sum + v * v, 0);
      return (x.length - 2 * Math.sqrt(squares) + squares) / squares;
    },
  },
);

test("the mean is x/|x|, and 0 for the zero vector", () => {
  for (const [x, unit] of [
    [
      [3, -4, 0, 12],
      [3 / 13, -4 / 13, 0, 12 / 13],
    ],
    [
      [0, 0],
      [0, 0],
    ],
  ] as const) {
    const bench = new Bench("wasm", "f64", x.length, "raw-stochastic-sign");
    const sum = new Float64Array(x.length);
    const count = 20_000;
    for (let seed = 1; seed <= count; ++seed) {
      for (const [i, v] of bench.decode(bench.encode([...x], seed)).entries()) {
        expect(Math.abs(v)).toBe(1);
        sum[i]! += v / count;
      }
    }
    for (const [i, v] of sum.entries()) expect(Math.abs(v - unit[i]!)).toBeLessThan(5 / Math.sqrt(count));
  }
});
