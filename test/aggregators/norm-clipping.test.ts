import { expect, test } from "vitest";
import { normClipping } from "../../src/aggregators/norm-clipping.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { aggregate, messages } from "./support.ts";

const norm = (x: readonly number[]) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));

test("is the mean of vectors no longer than the threshold or the median norm", () => {
  const random = lcg(7);
  for (const n of [1, 2, 3, 4, 9]) {
    const xs = Array.from({ length: n }, (_, i) => inputs.normal!(20, random).map((v) => v * (i + 1)));
    const norms = xs.map(norm).sort((a, b) => a - b);
    for (const threshold of [undefined, 3]) {
      const most = threshold ?? norms[(n - 1) >> 1]!;
      const wanted = Array.from({ length: 20 }, (_, j) =>
        xs.reduce((sum, x) => sum + (x[j]! * Math.min(1, most / norm(x))) / n, 0),
      );
      const options = threshold === undefined ? {} : { threshold };
      const got = aggregate(normClipping, messages("wasm", "f64", "identity", xs), options);
      for (const [j, v] of got.entries()) expect(v).toBeCloseTo(wanted[j]!, 12);
      expect(aggregate(normClipping, messages("reference", "f64", "identity", xs), options)).toEqual(got);
    }
  }
});

test("however long a hostile vector is, it moves the mean by the median norm over n", () => {
  const honest = [
    [1, 0],
    [0, 1],
    [1, 0],
  ];
  const [x, y] = aggregate(normClipping, messages("wasm", "f64", "identity", [...honest, [-1e300, 0]]));
  expect(x).toBeCloseTo(0.25, 12);
  expect(y).toBeCloseTo(0.25, 12);
  expect(
    aggregate(
      normClipping,
      messages("wasm", "f64", "identity", [
        [0, 0],
        [0, 0],
        [5, 5],
      ]),
    ),
  ).toEqual([0, 0]);
});

test("thresholds are positive", () => {
  const round = messages("wasm", "f64", "identity", [[1]]);
  expect(() => aggregate(normClipping, round, { threshold: 0 })).toThrow(
    "norm-clipping: threshold must be positive and finite, got 0",
  );
});
