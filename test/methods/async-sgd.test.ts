import { expect, test } from "vitest";
import { asyncSgd } from "../../src/methods/async-sgd.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { small, testMethod } from "./conformance.ts";
import { quadratic } from "./problems.ts";

testMethod(asyncSgd, { slots: {} });
testMethod({ ...asyncSgd, name: "async-sgd, compressed" }, { slots: { gradient: "rand-k:k=3" } });

test("async-sgd: fast workers count for more, and a smaller step does not mend it", async () => {
  const problem = small();
  const compute = [1, 1, 1, 2, 4, 4];
  const weights = compute.map((seconds) => 1 / seconds);
  const total = weights.reduce((a, b) => a + b);
  // the minimiser of sum_i f_i / seconds_i, by gradient descent
  const { ops } = build({ method: asyncSgd, problem });
  const oracles = compute.map((_, i) => problem.oracle(ops, i));
  const [w, g] = [ops.vec(12), ops.vec(12)];
  for (let k = 0; k < 600; ++k) {
    const sum = new Float64Array(12);
    for (let i = 0; i < 6; ++i) {
      oracles[i]!.gradient(w, g);
      g.view.forEach((v, j) => {
        sum[j]! += (weights[i]! / total) * v;
      });
    }
    w.view.forEach((v, j) => {
      w.view[j] = v - sum[j]! / 6;
    });
  }
  const bias = distance2(w.view, problem.optimum());
  expect(bias).toBeGreaterThan(1e-2);
  const found: number[] = [];
  for (const gamma of [4e-3, 1e-3]) {
    const run = build({ method: asyncSgd, problem, network: { compute }, options: { gamma } });
    await run.play(Math.round(30 / gamma));
    found.push(distance2(await run.x(), w.view));
    expect(distance2(await run.x(), problem.optimum())).toBeGreaterThan(0.5 * bias);
  }
  expect(found[0]!).toBeLessThan(0.1 * bias);
  expect(found[1]!).toBeLessThan(found[0]! / 4);
});

test("async-sgd: to x* itself when every grad f_i(x*) = 0", async () => {
  const problem = quadratic(6, 12, { heterogeneity: 0 });
  const run = build({ method: asyncSgd, problem, network: { compute: [1, 2, 3, 4, 5, 6] } });
  await run.play(12000);
  expect(distance2(await run.x(), problem.optimum()) / squares(problem.optimum())).toBeLessThan(1e-20);
});
