import { describe, expect, test } from "vitest";
import { jacsketch } from "../../src/estimators/jacsketch.ts";
import { saga } from "../../src/estimators/saga.ts";
import { createOps } from "../../src/run/cluster.ts";
import { rowGradients } from "../methods/measures.ts";
import { rowsRidge } from "../methods/problems.ts";
import { distance2, squares } from "../run/harness.ts";
import { alone, testEstimator } from "./conformance.ts";

const linear = { gamma: 0.05, rounds: 1500 };
for (const [sampling, batch] of [
  ["nice", 2],
  ["single", 1],
  ["independent", 2],
] as const) {
  describe(sampling, () => {
    testEstimator(jacsketch, { options: { sampling, batch }, passes: batch / 10, reduced: true, linear });
  });
}

/** J, theta_S and P_S as matrices, in plain numbers. */
test.each([1, 3])("jacsketch: J and g are the sketched Jacobian's, tau = %i", (batch) => {
  const problem = rowsRidge();
  const rowsOf = rowGradients(problem);
  const { sample, state } = alone(jacsketch, { batch }, problem);
  const J: ArrayLike<number>[] = Array.from({ length: 10 }, () => new Float64Array(12));
  for (let k = 0; k < 30; ++k) {
    const x = Float64Array.from({ length: 12 }, (_, j) => Math.cos(j + k));
    const g = sample(x, k);
    const fresh = rowsOf(0, x).map(({ gradient }) => gradient);
    const table = state.vec("estimator table", 120).view;
    const S = fresh.flatMap((f, j) => (distance2(f, table.subarray(12 * j, 12 * j + 12)) === 0 ? [j] : []));
    expect(S).toHaveLength(batch);
    const theta = 10 / batch;
    const wanted = Float64Array.from({ length: 12 }, (_, i) => {
      const mean = J.reduce((sum, column) => sum + column[i]! / 10, 0);
      return mean + (theta / 10) * S.reduce((sum, j) => sum + fresh[j]![i]! - J[j]![i]!, 0);
    });
    expect(Math.sqrt(distance2(g, wanted) / squares(wanted))).toBeLessThan(1e-13);
    for (const j of S) J[j] = fresh[j]!;
    for (const [j, column] of J.entries()) {
      expect(distance2(column, table.subarray(12 * j, 12 * j + 12))).toBe(0);
    }
  }
});

test("jacsketch: one column at a time, all alike, is SAGA bit for bit, and has its constants", () => {
  const problem = rowsRidge();
  const [one, other] = [alone(jacsketch, {}, problem), alone(saga, {}, problem)];
  for (let k = 0; k < 40; ++k) {
    const x = Float64Array.from({ length: 12 }, (_, j) => Math.cos(j + k));
    expect(one.sample(x, k)).toEqual(other.sample(x, k));
  }
  const { A, B, rho, C } = jacsketch.moments({}, { rows: 10, Li: 2, Lhat: 5, Lbar: 3, Lsquares: 10 });
  expect({ A, B, rho, C }).toEqual({ A: 10, B: 2, rho: 0.1, C: 0.5 });
});

/** E|g - grad f_i(x*)|^2 over draws from a table that knows nothing of x*, against 2A D + B mean w_j|J_j - grad f_ij(x*)|^2. */
test.each(["nice", "single", "independent"] as const)(
  "jacsketch, %s: the second moment with an old table",
  (sampling) => {
    const problem = rowsRidge();
    const optimum = problem.optimum();
    const rowsOf = rowGradients(problem);
    const batch = sampling === "single" ? 1 : 3;
    const estimator = alone(jacsketch, { sampling, batch }, problem);
    const x = Float64Array.from(optimum, (v, j) => v + 0.3 * Math.cos(j));
    const saved = estimator.state.snapshot(); // J = 0
    const best = estimator.exact(optimum);
    const draws = 20000;
    let second = 0;
    for (let k = 0; k < draws; ++k) {
      estimator.state.restore(saved);
      second += distance2(estimator.sample(x, k), best) / draws;
    }
    const atBest = rowsOf(0, optimum);
    const Lbar = atBest.reduce((sum, { L }) => sum + L / 10, 0);
    const Lhat = Math.max(...atBest.map(({ L }) => L));
    const Lsquares = atBest.reduce((sum, { L }) => sum + (L * L) / 10, 0);
    const Li = problem.smoothness().Li[0]!;
    const { A, B } = jacsketch.moments({ sampling, batch }, { rows: 10, Li, Lhat, Lbar, Lsquares });
    const weight = (L: number) => {
      const share = (1 + L / Lbar) / 20;
      if (sampling === "nice") return 1;
      return sampling === "single" ? 1 / (10 * share) : Math.max(0, 1 - 3 * share) / (30 * share);
    };
    const old = atBest.reduce((sum, { gradient, L }) => sum + (weight(L) * squares(gradient)) / 10, 0);
    const ops = createOps("wasm", "f64");
    const local = problem.oracle(ops, 0);
    const D =
      local.loss(ops.from(x)) -
      local.loss(ops.from(optimum)) -
      best.reduce((t, v, j) => t + v * (x[j]! - optimum[j]!), 0);
    expect(second).toBeLessThan(1.02 * (2 * A * D + B * old));
    expect(second).toBeGreaterThan(0.1 * (2 * A * D + B * old));
  },
);

test("jacsketch: single sampling takes one row", () => {
  expect(() => alone(jacsketch, { sampling: "single", batch: 2 }, rowsRidge())).toThrow(
    "estimator jacsketch: batch must be 1 with single sampling, got 2",
  );
});
