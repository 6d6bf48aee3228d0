import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { svrg } from "../../src/methods/svrg.ts";
import { build, distance2, type Run } from "../run/harness.ts";
import { averageBelow, mean } from "./conformance.ts";
import { rowGradients } from "./measures.ts";
import { rowsRidge } from "./problems.ts";
import { testVariant } from "./variant.ts";

testVariant(svrg, { base: dgd as Method, linear: { gamma: 0.05, rounds: 1500 } });

const problem = rowsRidge();
const optimum = problem.optimum();

test.each([
  ["average", 3],
  ["average", 10],
  ["average", 150],
  ["last", 10],
] as const)("svrg: linear to 1e-20 with theory's step, referring to the %s of %i steps", async (reference, l) => {
  const run = build({ method: svrg, problem, estimator: { name: "svrg", reference, l } });
  await run.play(3000);
  expect(distance2(await run.x(), optimum) / distance2(run.start, optimum)).toBeLessThan(1e-20);
});

/** V and its rate over a loop, as estimators/svrg.ts has them for n workers. */
test.each([5, 10])("svrg: over loops of %i steps the Lyapunov function falls as theory says", async (l) => {
  const rowsOf = rowGradients(problem);
  const atBest = Array.from({ length: 6 }, (_, i) => rowsOf(i, optimum));
  const constants = ({ options: { gamma }, facts, n }: Run) => {
    const { L, mu } = facts.exact!;
    const Lhat = Math.max(...facts.estimator!.rows.map((rows) => rows.Lhat));
    expect(gamma).toBeCloseTo(1 / (L + (6 * Lhat) / n), 12);
    const a = 1 - gamma * (L + (2 * Lhat) / n);
    const q = 1 - gamma * mu;
    const S = (1 - q ** l) / (1 - q);
    const M = (a * l * q ** (l - 1)) / (gamma * Lhat);
    return { gamma, M, rate: Math.max(q ** l, ((2 / n) * S) / M) };
  };
  await averageBelow(
    { method: svrg, problem, start: new Float64Array(12).fill(3), estimator: { name: "svrg", l } },
    12 * l,
    (run, { x, state }) => {
      const { gamma, M } = constants(run);
      const s2 = mean(
        atBest.map((best, i) => {
          // what the next loop refers to: the average, which the workers take when they begin it
          const sum = state(i, "estimator sum of the loop");
          const { value: step } = run.network.hosts[i]!.state.scalar("estimator step");
          const w = step === 0 ? x : step % l === 0 ? sum.map((v) => v / l) : state(i, "estimator w");
          return mean(rowsOf(i, w).map(({ gradient }, row) => distance2(gradient, best[row]!.gradient)));
        }),
      );
      return distance2(x, optimum) + M * gamma ** 2 * s2;
    },
    (run, k, first) => (k % l === 0 ? constants(run).rate ** (k / l) * first : Number.POSITIVE_INFINITY),
  );
  expect(constants(build({ method: svrg, problem, estimator: { name: "svrg", l } })).rate).toBeLessThan(1);
});
