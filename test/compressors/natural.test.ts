import { expect, test } from "vitest";
import { natural } from "../../src/compressors/natural.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(
  natural,
  {},
  {
    bytes: (d, size) => (size === 4 ? d + Math.ceil(d / 8) : d + Math.ceil(d / 2)),
    ratio: (x) => {
      let off = 0;
      let squares = 0;
      for (const v of x) {
        squares += v * v;
        if (v === 0) continue;
        const low = 2 ** Math.floor(Math.log2(Math.abs(v)));
        off += (Math.abs(v) - low) * (2 * low - Math.abs(v));
      }
      return off / squares;
    },
    extreme: (d) => Array.from({ length: d }, (_, i) => ((i % 2 ? -1 : 1) * 4) / 3),
    samples: 20000,
  },
);

test("subnormals round to 0 or the smallest normal number; the top saturates", () => {
  const bench = new Bench("wasm", "f32", 2, "natural");
  const seen = new Set<number>();
  for (let seed = 0; seed < 50; ++seed) {
    const [low, top] = bench.decode(bench.encode([2 ** -127, -3.4e38], seed));
    seen.add(low!);
    expect(top).toBe(-(2 ** 127));
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([0, 2 ** -126]);
});
