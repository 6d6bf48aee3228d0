/**
 * What every estimator is held to: unbiased, within its second moments, the same on both backends, drawn apart from the
 * method, counted in rows, taken up from its state, and for methods that know nothing of it.
 */
import { describe, expect, test } from "vitest";
import type { EstimatorFactory, EstimatorOptions, Moments, Oracle, Problem } from "../../src/core/contracts.ts";
import { ESTIMATES, Rng } from "../../src/core/rng.ts";
import { EstimatedOracle } from "../../src/estimators/index.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { diana } from "../../src/methods/diana.ts";
import { createOps } from "../../src/run/cluster.ts";
import { NodeState } from "../../src/run/state.ts";
import { countedOracle, STATS, Stat } from "../../src/run/timing.ts";
import { quadratic, rowsRidge } from "../methods/problems.ts";
import { build, distance2 } from "../run/harness.ts";

export interface EstimatorPromises {
  options?: EstimatorOptions;
  /** Passes over the rows that a sample takes on average, once it has begun. */
  passes: number;
  /** At the optimum: what the estimator remembers of x* makes its gradients exact there. */
  reduced: boolean;
  /** gamma of gradient descent and rounds to 1e-20 with it. */
  linear?: { gamma: number; rounds: number };
}

/** Worker 0's estimator, alone, at any point. */
export function alone(factory: EstimatorFactory, options: EstimatorOptions, problem: Problem, backend?: "reference") {
  const ops = createOps(backend ?? "wasm", "f64");
  const { dim } = problem;
  const stats = new Float64Array(STATS);
  const exact = problem.oracle(ops, 0);
  const rng = new Rng(ops, 5n, 0, ESTIMATES);
  const state = new NodeState(ops, dim);
  const env = { ops, dim, oracle: countedOracle(exact, stats, 0), state, rng };
  const oracle = new EstimatedOracle(env, { name: factory.name, options });
  oracle.estimates = true;
  const at = ops.vec(dim);
  const g = ops.vec(dim);
  const into = (oracle: Oracle, x: Float64Array) => {
    at.view.set(x);
    oracle.gradient(at, g);
    return Float64Array.from(g.view);
  };
  return {
    state,
    passes: () => stats[Stat.Gradients]!,
    exact: (x: Float64Array) => into(exact, x),
    sample(x: Float64Array, round: number) {
      rng.at(round, 0);
      return into(oracle, x);
    },
  };
}

export function testEstimator(factory: EstimatorFactory, promises: EstimatorPromises): void {
  const { name } = factory;
  const { options = {}, passes, reduced, linear } = promises;
  describe(name, () => {
    const problem = rowsRidge();
    const x = Float64Array.from({ length: 12 }, (_, j) => Math.cos(j));
    const optimum = problem.optimum();

    test("is unbiased, and its second moment within A, B, D1", () => {
      const estimator = alone(factory, options, problem);
      estimator.sample(optimum, 0); // whatever is remembered was seen at x* or before
      for (let round = 1; round <= 400; ++round) estimator.sample(optimum, round);
      const saved = estimator.state.snapshot();
      const [truth, best] = [estimator.exact(x), estimator.exact(optimum)];
      const draws = 20000;
      const sum = new Float64Array(12);
      let [second, atBest] = [0, 0];
      for (let k = 0; k < draws; ++k) {
        estimator.state.restore(saved);
        const g = estimator.sample(x, 1000 + k);
        for (let j = 0; j < 12; ++j) sum[j]! += g[j]! / draws;
        second += distance2(g, best) / draws;
        if (!reduced) atBest += distance2(estimator.sample(optimum, 50000 + k), best) / draws;
      }
      // six deviations of the mean of that many draws
      expect(Math.sqrt(distance2(sum, truth))).toBeLessThan(1e-12 + 6 * Math.sqrt(second / draws));
      const oracle = problem.oracle(createOps("wasm", "f64"), 0);
      const smooth = Array.from({ length: oracle.rows }, (_, row) => oracle.rowSmoothness!(row));
      const facts = {
        rows: oracle.rows,
        Li: problem.smoothness().Li[0]!,
        Lhat: Math.max(...smooth),
        Lbar: smooth.reduce((a, b) => a + b) / smooth.length,
        Lsquares: smooth.reduce((a, b) => a + b * b, 0) / smooth.length,
      };
      const { A }: Moments = factory.moments(options, facts);
      // D = f_i(x) - f_i(x*) - <grad f_i(x*), x - x*>; with what was seen at x* s = 0
      const ops = createOps("wasm", "f64");
      const own = problem.oracle(ops, 0);
      const D =
        own.loss(ops.from(x)) -
        own.loss(ops.from(optimum)) -
        best.reduce((t, v, j) => t + v * (x[j]! - optimum[j]!), 0);
      expect(second).toBeLessThan(1.05 * (2 * A * D + 2 * atBest));
      expect(second).toBeGreaterThan(0.02 * (2 * A * D + 2 * atBest));
      estimator.state.restore(saved);
      if (reduced) expect(distance2(estimator.sample(optimum, 1), best)).toBeLessThan(1e-20);
    });

    test("takes the passes it says", () => {
      const estimator = alone(factory, options, problem);
      estimator.sample(x, 0);
      const before = estimator.passes();
      for (let round = 1; round <= 4000; ++round) estimator.sample(x, round);
      const mean = (estimator.passes() - before) / 4000;
      expect(mean).toBeGreaterThan(0.85 * passes);
      expect(mean).toBeLessThan(1.15 * passes);
    });

    test("both backends draw alike, and a state taken up goes on bit for bit", () => {
      const [one, two, three] = [
        alone(factory, options, problem),
        alone(factory, options, problem, "reference"),
        alone(factory, options, problem),
      ];
      for (let round = 0; round < 50; ++round) expect(two.sample(x, round)).toEqual(one.sample(x, round));
      three.state.restore(one.state.snapshot());
      for (let round = 50; round < 80; ++round) expect(three.sample(x, round)).toEqual(one.sample(x, round));
    });

    if (name !== "full") {
      test("does not shift the compressors' draws", async () => {
        const settings = {
          method: diana,
          problem,
          slots: { gradient: "rand-k:k=3" },
          options: { gamma: 1e-6, alpha: 0.2 },
        };
        const chosen = async (estimator: { name: string } & EstimatorOptions) => {
          const run = build({ ...settings, estimator });
          await run.play(1);
          await run.rounds.snapshot();
          return run.network.hosts.map((host) => Array.from(host.state.vec("h").view, (v) => v !== 0));
        };
        const [own, full] = [await chosen({ name, ...options }), await chosen({ name: "full" })];
        const drew = own.flatMap((of, i) => (of.includes(true) ? [i] : [])); // an estimate may be 0: no row drawn
        expect(drew.length).toBeGreaterThanOrEqual(3);
        for (const i of drew) expect(own[i]).toEqual(full[i]);
      });

      test("theory's step is smaller and says why; problems without rows are refused", () => {
        const exact = build({ method: dgd, problem });
        const run = build({ method: dgd, problem, estimator: { name, ...options } });
        expect(run.options.gamma).toBeLessThan(exact.options.gamma);
        expect(run.options.formula).toBe(`1/L; L_i = A_i + 2 B_i C_i/rho_i of ${name}`);
        expect(() => build({ method: dgd, problem: quadratic(3, 4), estimator: name })).toThrow(
          `estimator ${name}: needs a problem made of rows of data (ridge, logistic)`,
        );
        expect(() => build({ method: dgd, problem, estimator: name, batch: 11 })).toThrow(
          `estimator ${name}: batch must be an integer in 1..10 (rows of a worker), got 11`,
        );
      });
    }

    if (linear) {
      test("gradient descent with it is linear to 1e-20", async () => {
        const run = build({ method: dgd, problem, estimator: { name, ...options }, options: { gamma: linear.gamma } });
        await run.play(linear.rounds);
        expect(distance2(await run.x(), optimum) / distance2(run.start, optimum)).toBeLessThan(1e-20);
      });
    }
  });
}
