import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { type DianaOptions, diana } from "../../src/methods/diana.ts";
import { dianasrDq } from "../../src/methods/dianasr-dq.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { averageBelow, mean, optimalShifts, small, testMethod } from "./conformance.ts";
import { spread } from "./measures.ts";
import { rowsRidge } from "./problems.ts";
import { testTracked } from "./tracked.ts";

const method = dianasrDq as Method;
const slots = { gradient: "rand-k:k=4", step: "natural" };
testMethod(method, { slots, descent: (run) => run.options.gamma });
testTracked({ method, problem: small(), slots, estimator: "full" });

for (const estimator of ["full", "importance"]) {
  test(`dianasr-dq, ${estimator}: the Lyapunov function stays below theory's bound`, async () => {
    const problem = rowsRidge();
    const optimum = problem.optimum();
    const best = optimalShifts(problem);
    const noise = estimator === "full" ? 0 : 2 * spread(problem, false);
    const settings = { method, problem, slots: { gradient: "rand-k:k=4", step: "rand-k:k=6" }, estimator };
    await averageBelow(
      { ...settings, start: new Float64Array(12).fill(3) },
      80,
      ({ options, n }, { x, state }) => {
        const { gamma, alpha } = options as DianaOptions;
        const M = (2 * 4 * 2) / (n * alpha); // (1 + omega_s) 4 omega/(n alpha)
        return distance2(x, optimum) + M * gamma ** 2 * mean(best.map((h, i) => distance2(state(i, "h"), h)));
      },
      ({ options, facts, n }, k, first) => {
        const { gamma, alpha } = options as DianaOptions;
        const rate = Math.min(gamma * facts.mu, alpha / 2);
        const each = (2 * (1 + 6 * 2) * gamma ** 2 * noise) / n;
        return (1 - rate) ** k * first + (each * (1 - (1 - rate) ** k)) / rate;
      },
    );
  });
}

test("dianasr-dq: linear to 1e-20 with exact gradients, with messages down of the slot step", async () => {
  const problem = small();
  const start = new Float64Array(12).fill(3);
  const settings = { method, problem, slots: { gradient: "rand-k:k=4", step: "rand-k:k=6" }, estimator: "full", start };
  const run = build(settings);
  await run.play(1500);
  expect(distance2(await run.x(), problem.optimum()) / squares(start)).toBeLessThan(1e-20);
  const message = 8 * run.codecs[0]!.step!.maxBytes;
  expect(run.server.ledger.downlinkBits).toBe(12 * 64 + 1499 * message);
  expect(message).toBeLessThan(12 * 64);
});

test("dianasr-dq: with the identity in slot step it is diana, to rounding, and theory's step is diana's", async () => {
  const problem = small();
  const start = new Float64Array(12).fill(3);
  const shared = { problem, start, estimator: "full" };
  const own = build({ ...shared, method, slots: { gradient: "rand-k:k=4", step: "identity" } });
  const other = build({ ...shared, method: diana as Method, slots: { gradient: "rand-k:k=4" } });
  expect(own.options.gamma).toBe(other.options.gamma);
  for (let k = 0; k < 10; ++k) {
    await Promise.all([own.play(5), other.play(5)]);
    expect(distance2(await own.x(), await other.x()) / squares(await own.x())).toBeLessThan(1e-26);
  }
});
