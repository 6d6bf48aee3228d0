import { expect, test } from "vitest";
import { median } from "../../src/aggregators/median.ts";
import { sort } from "../../src/aggregators/rows.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { aggregate, messages } from "./support.ts";

test("is the middle value of every entry, or the mean of the two in the middle, in any order of the workers", () => {
  const random = lcg(2);
  for (const spec of ["identity", "top-k:k=9", "sign"]) {
    for (const n of [1, 2, 3, 4, 9, 10]) {
      const xs = Array.from({ length: n }, () => inputs.normal!(20, random));
      const round = messages("wasm", "f64", spec, xs);
      const got = aggregate(median, round);
      for (let i = 0; i < 20; ++i) {
        const all = round.decoded.map((c) => c[i]!).sort((a, b) => a - b);
        expect(got[i]).toBeCloseTo((all[(n - 1) >> 1]! + all[n >> 1]!) / 2, 14);
      }
      expect(aggregate(median, { ...round, payloads: [...round.payloads].reverse() })).toEqual(got);
      expect(aggregate(median, messages("reference", "f64", spec, xs))).toEqual(got);
    }
  }
});

test("fewer than half of the workers move it only within the values of the rest", () => {
  const xs = [[1], [2], [3], [1e38], [-1e38]];
  expect(aggregate(median, messages("wasm", "f32", "identity", xs))).toEqual([2]);
  expect(aggregate(median, messages("wasm", "f64", "identity", [[1.7e308], [1.6e308]]))[0]).toBeCloseTo(1.65e308, -300);
});

test("sort", () => {
  const random = lcg(3);
  for (let n = 0; n < 60; ++n) {
    const values = Float64Array.from({ length: n + 2 }, () => Math.floor(random() * 20) - 10);
    const wanted = [...values.subarray(0, n)].sort((a, b) => a - b);
    const rest = [...values.subarray(n)];
    sort(values, n);
    expect([...values]).toEqual([...wanted, ...rest]);
  }
});
