import { expect, test } from "vitest";
import { oneBit } from "../../src/compressors/one-bit.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(
  oneBit,
  {},
  {
    deterministic: true,
    bytes: (d, size) => 2 * size + Math.ceil(d / 8),
    ratio: (x) => {
      const part = (group: Float64Array): number =>
        group.length === 0 ? 0 : group.reduce((sum, v) => sum + v, 0) ** 2 / group.length;
      return 1 - (part(x.filter((v) => v < 0)) + part(x.filter((v) => v >= 0))) / x.reduce((sum, v) => sum + v * v, 0);
    },
    extreme: (d) => Array.from({ length: d }, (_, i) => (i === 1 % d ? 3 : 0)),
  },
);

test("a group without entries decodes to nothing, and no payload says otherwise", () => {
  for (const dtype of ["f32", "f64"] as const) {
    const size = dtype === "f32" ? 4 : 8;
    const bench = new Bench("wasm", dtype, 11, "one-bit");
    for (const sign of [1, -1]) {
      const x = Array.from({ length: 11 }, (_, i) => sign * (i + 1));
      const payload = bench.encode(x, 1);
      expect([...bench.decode(payload)]).toEqual(Array(11).fill(6 * sign));
      const empty = sign > 0 ? size : 0;
      expect([...payload.slice(empty, empty + size)]).toEqual(Array(size).fill(0));
      payload[empty + size - 1] = 0x40;
      expect(() => bench.decode(payload)).toThrow("one-bit: the mean of no entries must be 0, got 2");
    }
  }
});

test("zeros belong to the non-negative group", () => {
  const bench = new Bench("wasm", "f64", 4, "one-bit");
  expect([...bench.decode(bench.encode([-0, 0, 3, -2], 1))]).toEqual([1, 1, 1, -2]);
});

test("never worse than the scaled sign", () => {
  const random = lcg(7);
  for (const family of ["normal", "heavy", "sparse", "twoValues"]) {
    const x = inputs[family]!(200, random);
    const error = (spec: string): number => {
      const bench = new Bench("wasm", "f64", 200, spec);
      return [...bench.decode(bench.encode(x, 1))].reduce((sum, v, i) => sum + (v - x[i]!) ** 2, 0);
    };
    expect(error("one-bit")).toBeLessThanOrEqual(error("sign") * (1 + 1e-12));
  }
});

test("sums that overflow", () => {
  const bench = new Bench("wasm", "f64", 300, "one-bit");
  const x = Array.from({ length: 300 }, (_, i) => (i % 2 ? 1.7e308 : -1.7e308));
  expect(Math.max(...bench.decode(bench.encode(x, 1)).map((v, i) => Math.abs(v / x[i]! - 1)))).toBeLessThan(1e-13);
});
