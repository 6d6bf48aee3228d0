import { expect, test } from "vitest";
import { randDiana } from "../../src/methods/rand-diana.ts";
import { build, distance2 } from "../run/harness.ts";
import { averageBelow, mean, optimalShifts, small, testMethod } from "./conformance.ts";

const slots = { gradient: "rand-k:k=3" };
testMethod(randDiana, {
  slots,
  descent: (run) => run.options.gamma,
  linear: { "rand-k": { slots, rounds: 1000 } },
});

test("rand-diana: the Lyapunov function falls as theory says", async () => {
  const problem = small();
  const optimum = problem.optimum();
  const best = optimalShifts(problem);
  await averageBelow(
    { method: randDiana, problem, slots, start: new Float64Array(12).fill(3) },
    120,
    ({ options, n }, { x, state }) => {
      const { gamma, p } = options as typeof options & { p: number };
      const M = (2 * 2 * 3) / (n * p);
      return distance2(x, optimum) + M * gamma * gamma * mean(best.map((h, i) => distance2(state(i, "h"), h)));
    },
    ({ options, facts }, k, first) => {
      const { gamma, p } = options as typeof options & { p: number };
      return Math.max(1 - gamma * facts.mu, 1 - p / 2) ** k * first;
    },
  );
});

test("rand-diana: a dense vector with probability p", async () => {
  const run = build({ method: randDiana, problem: small(), slots, options: { p: 0.25 } });
  await run.play(2000);
  const dense = run.server.ledger.uplinkBits - run.server.ledger.uplinkCompressedBits;
  const share = dense / (2000 * 12 * 64); // binomial, 12000 draws: 0.25 +- 0.004
  expect(Math.abs(share - 0.25)).toBeLessThan(0.02); // five deviations
});
