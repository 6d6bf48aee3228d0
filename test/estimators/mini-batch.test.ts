import { expect, test } from "vitest";
import type { Rng } from "../../src/core/rng.ts";
import { Subsets } from "../../src/estimators/common.ts";
import { miniBatch } from "../../src/estimators/mini-batch.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { lcg } from "../kernels/harness.ts";
import { rowsRidge } from "../methods/problems.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { testEstimator } from "./conformance.ts";

testEstimator(miniBatch, { options: { batch: 3 }, passes: 0.3, reduced: false });

test("mini-batch: every subset is equally likely", () => {
  const next = lcg(9);
  const rng = { below: (n: number) => Math.floor(next() * n) } as Rng;
  const subsets = new Subsets(5, 2);
  const counts = new Map<string, number>();
  for (let k = 0; k < 20000; ++k) {
    const key = Array.from(subsets.next(rng)).sort().join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(10);
  for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(6 * Math.sqrt(2000));
});

test("mini-batch: all rows give the gradient; one row at a time gradient descent stalls", async () => {
  const problem = rowsRidge();
  const settings = { method: dgd, problem, options: { gamma: 0.1 } };
  const [whole, exact] = [build({ ...settings, batch: 10 }), build(settings)];
  await whole.play(20);
  await exact.play(20);
  expect(distance2(await whole.x(), await exact.x())).toBeLessThan(1e-26 * squares(await exact.x()));
  const single = build({ ...settings, batch: 1 });
  await single.play(500);
  expect(distance2(await single.x(), problem.optimum())).toBeGreaterThan(1e-6);
});
