import { expect, test } from "vitest";
import { dcgd } from "../../src/methods/dcgd.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { floor, mean, optimalShifts, small, testMethod } from "./conformance.ts";
import { counterExample, quadratic } from "./problems.ts";

const slots = { gradient: "rand-k:k=3" };
testMethod(dcgd, { slots, descent: (run) => run.options.gamma });

test("dcgd: the neighbourhood is theory's, and half the step size halves it", async () => {
  const problem = small();
  const n = problem.workers;
  const omega = 12 / 3 - 1;
  const zeta = mean(optimalShifts(problem).map(squares));
  const found: number[] = [];
  for (const factor of [1, 0.5]) {
    const settings = { method: dcgd, problem, slots, options: { gamma: { theory: factor } } };
    const { options, facts } = build(settings);
    const radius = (((2 * options.gamma) / facts.mu) * omega * zeta) / n;
    const value = await floor(settings, 300, 1500);
    expect(value).toBeLessThan(radius);
    expect(value).toBeGreaterThan(1e-3 * radius);
    found.push(value);
  }
  expect(found[0]! / found[1]!).toBeGreaterThan(1.6);
  expect(found[0]! / found[1]!).toBeLessThan(2.7);
});

test("dcgd: to x* itself when every grad f_i(x*) = 0", async () => {
  const problem = quadratic(6, 12, { heterogeneity: 0 });
  const run = build({ method: dcgd, problem, slots });
  await run.play(900);
  expect(distance2(await run.x(), problem.optimum()) / squares(problem.optimum())).toBeLessThan(1e-20);
});

test("dcgd: a step size of one's own asks nothing of the compressor; theory's does", () => {
  const settings = { method: dcgd, problem: small(), slots: { gradient: "top-k:k=1" } };
  expect(() => build(settings)).toThrow(/unbiased/);
  expect(build({ ...settings, options: { gamma: 0.01 } }).options.gamma).toBe(0.01);
});

for (const gamma of [0.01, 0.05, 0.1]) {
  test(`dcgd: diverges with top-1 on the counter-example as (1 + 11 gamma/6)^k, gamma = ${gamma}`, async () => {
    const run = build({
      method: dcgd,
      problem: counterExample(),
      slots: { gradient: "top-k:k=1" },
      options: { gamma },
    });
    for (let k = 1; k <= 20; ++k) {
      await run.play(1);
      for (const value of await run.x()) expect(value / (1 + (11 * gamma) / 6) ** k - 1).toBeCloseTo(0, 12);
    }
  });
}
