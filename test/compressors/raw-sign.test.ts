import { expect, test } from "vitest";
import { rawSign } from "../../src/compressors/raw-sign.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(
  rawSign,
  {},
  {
    deterministic: true,
    homogeneous: false,
    bytes: (d) => Math.ceil(d / 8),
    ratio: (x) => {
      const off = x.reduce((sum, v) => sum + (Math.abs(v) - 1) ** 2, 0);
      return off / x.reduce((sum, v) => sum + v * v, 0);
    },
  },
);

test("zeros of either sign are +1, so that one bit an entry is enough", () => {
  const bench = new Bench("wasm", "f64", 5, "raw-sign");
  expect([...bench.decode(bench.encode([0, -0, -5e-324, 3, -1e300], 1))]).toEqual([1, 1, -1, 1, -1]);
  expect(bench.compressor.constants).toEqual({ raw: true });
});
