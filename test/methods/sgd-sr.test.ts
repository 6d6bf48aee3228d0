import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { sgdSr } from "../../src/methods/sgd-sr.ts";
import { createOps } from "../../src/run/cluster.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { floor, mean, optimalShifts } from "./conformance.ts";
import { rowGradients } from "./measures.ts";
import { rowsRidge } from "./problems.ts";
import { testVariant } from "./variant.ts";

testVariant(sgdSr, { base: dgd as Method, stalls: { gamma: 0.04, factor: [1.6, 3] } });

const problem = rowsRidge();
const optimum = problem.optimum();
const best = optimalShifts(problem);
const rowsOf = rowGradients(problem);

interface Row {
  gradient: ArrayLike<number>;
  L: number;
}
/** p_j of independent coins with tau rows on average. */
const coins = (rows: readonly Row[], tau: number) =>
  rows.map(({ L }) => Math.min(1, (tau * (1 + L / mean(rows.map((row) => row.L)))) / (2 * rows.length)));

/** E|(1/m) sum v_j a_j|^2 by the samplings' own formulas: spec section 5 for one size, (1/m^2) sum (1/p_j - 1)|a_j|^2 for coins. */
const samplings: Record<string, (rows: readonly Row[], tau: number) => number> = {
  "mini-batch": (rows, tau) => {
    const m = rows.length;
    const left = (m - tau) / (tau * (m - 1));
    return (1 - left) * squares(sumOf(rows)) + left * mean(rows.map(({ gradient }) => squares(gradient)));
  },
  importance: (rows, tau) => {
    const total = rows.reduce((sum, { L }) => sum + L, 0);
    const single = rows.reduce((sum, { gradient, L }) => sum + (squares(gradient) * total) / L, 0) / rows.length ** 2;
    return single / tau + (1 - 1 / tau) * squares(sumOf(rows));
  },
  independent: (rows, tau) => {
    const p = coins(rows, tau);
    const variance = rows.reduce((sum, { gradient }, j) => sum + (1 / p[j]! - 1) * squares(gradient), 0);
    return squares(sumOf(rows)) + variance / rows.length ** 2;
  },
};
const sumOf = (rows: readonly Row[]) =>
  Float64Array.from({ length: 12 }, (_, i) => mean(rows.map(({ gradient }) => gradient[i]!)));

for (const [name, second] of Object.entries(samplings)) {
  test.each([1, 4])(`sgd-sr, ${name} of %i: the expected smoothness holds at random points`, (tau) => {
    const ops = createOps("wasm", "f64");
    const { facts } = build({ method: sgdSr, problem, estimator: { name, batch: tau } });
    let nearest = 0;
    for (let i = 0; i < 6; ++i) {
      const oracle = problem.oracle(ops, i);
      const atBest = rowsOf(i, optimum);
      for (let k = 0; k < 40; ++k) {
        const x = optimum.map((v, j) => v + Math.cos(3 * k + (k + 1) * j));
        const rows = rowsOf(i, x).map(({ gradient, L }, j) => ({
          gradient: gradient.map((v, at) => v - atBest[j]!.gradient[at]!),
          L,
        }));
        const slope = best[i]!.reduce((sum, h, j) => sum + h * (x[j]! - optimum[j]!), 0);
        const D = oracle.loss(ops.from(x)) - oracle.loss(ops.from(optimum)) - slope;
        const bound = facts.estimator!.moments[i]!.A * D; // A = 2S
        nearest = Math.max(nearest, second(rows, tau) / bound);
      }
    }
    expect(nearest).toBeLessThan(1);
    expect(nearest).toBeGreaterThan(0.2);
  });

  test.each([1, 4])(
    `sgd-sr, ${name} of %i: with theory's step the plateau is below 2 gamma s^2/(n mu)`,
    async (tau) => {
      const noise = mean(best.map((h, i) => second(rowsOf(i, optimum), tau) - squares(h)));
      const settings = { method: sgdSr, problem, estimator: { name, batch: tau } };
      const { options, facts } = build(settings);
      const bound = (2 * options.gamma * noise) / (6 * facts.mu);
      const found = await floor(settings, 300, 800);
      expect(found).toBeLessThan(bound);
      expect(found).toBeGreaterThan(1e-3 * bound);
    },
  );
}

test("sgd-sr: the constants are those of the theory for one row and for all", () => {
  const facts = (name: string, batch: number) => build({ method: sgdSr, problem, estimator: { name, batch } }).facts;
  const { exact, estimator } = facts("mini-batch", 1);
  const { rows } = estimator!;
  rows.forEach(({ Lhat, Lbar, Li }, i) => {
    expect(Li).toBe(exact!.Li[i]);
    expect(estimator!.moments[i]!.A).toBeCloseTo(2 * Lhat, 10);
    expect(facts("importance", 1).estimator!.moments[i]!.A).toBeCloseTo(2 * Lbar, 10);
    expect(facts("mini-batch", 10).estimator!.moments[i]!.A).toBeCloseTo(2 * Li, 10);
    expect(distance2([Lbar], [mean(rowsOf(i, optimum).map(({ L }) => L))])).toBeLessThan(1e-18);
  });
});
