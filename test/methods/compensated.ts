/** What the error-compensated methods are held to: the invariant, the Lyapunov bound of compensated.ts, and where they end. */
import { expect, test } from "vitest";
import type { Method, Problem } from "../../src/core/contracts.ts";
import { ESTIMATES, Rng } from "../../src/core/rng.ts";
import { EstimatedOracle, estimationOf } from "../../src/estimators/index.ts";
import type { CompensatedOptions } from "../../src/methods/compensated.ts";
import { NodeState } from "../../src/run/state.ts";
import { build, distance2, type Run, type RunSettings, squares } from "../run/harness.ts";
import { averageBelow, testMethod } from "./conformance.ts";
import { floor, mean, optimalShifts, rowGradients, spread } from "./measures.ts";
import { rowsRidge } from "./problems.ts";

interface Held {
  way: "gradient" | "optimal" | "learnt";
  /** gamma as a part of 1/L, and the rounds in which the error falls below 1e-20. */
  linear?: { over: number; rounds: number };
  /** gamma as a part of 1/L, and the factor by which the squared distance falls when gamma is halved. */
  stalls?: { over: number; factor: readonly [low: number, high: number] };
}

const DELTA = 4 / 12;

export function testCompensated(method: Method<CompensatedOptions>, { way, linear, stalls }: Held): void {
  const learnt = way === "learnt";
  const slots = { gradient: "biased-rand-k:k=4", ...(learnt && { shift: "rand-k:k=4" }) };
  const greedy = { ...slots, gradient: "top-k:k=4" };
  const { name } = method;
  testMethod(method, { slots: greedy, descent: (run) => run.options.gamma });

  const problem = rowsRidge();
  const base: RunSettings = { method, problem, slots: greedy, start: new Float64Array(12).fill(3) };

  test(`${name}: x - mean e_i moves by -gamma times the mean of the workers' gradients`, async () => {
    const run = build(base);
    const estimates = replayed(method, problem, run);
    let before = await virtual(run);
    for (let round = 0; round < 60; ++round) {
      const gradient = estimates(round, await run.x());
      const wanted = before.map((v, j) => v - run.options.gamma * gradient[j]!);
      await run.play(1);
      before = await virtual(run);
      expect(Math.sqrt(distance2(before, wanted) / squares(wanted))).toBeLessThan(1e-14);
    }
  });

  const starts: [label: string, start: Float64Array][] = [["far from x*", base.start!]];
  if (way !== "optimal") starts.push(["at x*, where what is left is noise", problem.optimum()]);
  test.each(starts)(`${name}: the Lyapunov function stays below theory's bound, begun %s`, async (_label, start) => {
    const V = lyapunov(way, problem);
    await averageBelow(
      { ...base, slots, start },
      60,
      (run, { x, state }) => V.value(run, x, state),
      (run, k, first) => {
        const { rate, noise } = V.bound(run);
        return (1 - rate) ** k * first + (noise * (1 - (1 - rate) ** k)) / rate;
      },
    );
  });

  if (linear) {
    test(`${name}: linear to 1e-20`, async () => {
      const { L } = problem.smoothness();
      const run = build({ ...base, options: { gamma: linear.over / L } });
      const optimum = problem.optimum();
      await run.play(linear.rounds);
      expect(distance2(await run.x(), optimum) / distance2(base.start!, optimum)).toBeLessThan(1e-20);
    });
  }
  if (stalls) {
    test(`${name}: stalls, and nearer to x* with a smaller step`, async () => {
      const { L } = problem.smoothness();
      const [wide, narrow] = [
        await floor({ method, problem, slots: greedy, options: { gamma: stalls.over / L } }, 200, 800),
        await floor({ method, problem, slots: greedy, options: { gamma: stalls.over / L / 2 } }, 400, 1600),
      ];
      expect(narrow).toBeGreaterThan(1e-9 * squares(problem.optimum()));
      expect(wide / narrow).toBeGreaterThan(stalls.factor[0]);
      expect(wide / narrow).toBeLessThan(stalls.factor[1]);
    });
  }
}

/** x minus the mean of the workers' errors, everything settled. */
export async function virtual(run: Run): Promise<Float64Array> {
  await run.rounds.snapshot();
  const x = await run.x();
  for (const host of run.network.hosts) {
    host.state.vec("e").view.forEach((v, j) => {
      x[j]! -= v / run.n;
    });
  }
  return x;
}

/** The mean of the gradients that the workers of a run see, from estimators of our own on the same streams. */
export function replayed(method: Method, problem: Problem, { ops, n, dim }: Run) {
  const estimation = estimationOf({}, method);
  const nodes = Array.from({ length: n }, (_, worker) => {
    const rng = new Rng(ops, 1n, worker, ESTIMATES);
    const exact = problem.oracle(ops, worker);
    if (!estimation) return { rng, oracle: exact };
    const oracle = new EstimatedOracle({ ops, dim, oracle: exact, state: new NodeState(ops, dim), rng }, estimation);
    oracle.estimates = true;
    return { rng, oracle };
  });
  const [at, g] = [ops.vec(dim), ops.vec(dim)];
  return (round: number, x: Float64Array): Float64Array => {
    const sum = new Float64Array(dim);
    at.view.set(x);
    for (const { rng, oracle } of nodes) {
      rng.at(round, 0);
      oracle.gradient(at, g);
      g.view.forEach((v, j) => {
        sum[j]! += v / n;
      });
    }
    return sum;
  };
}

/** V and its bound, as the header of compensated.ts has them. */
function lyapunov(way: Held["way"], problem: Problem) {
  const optimum = problem.optimum();
  const best = optimalShifts(problem);
  const rowsOf = rowGradients(problem);
  const atBest = best.map((_, i) => rowsOf(i, optimum));
  const weight = { gradient: 2, optimal: 1, learnt: 6 }[way];
  const constants = ({ options, facts, n }: Run) => {
    const { gamma, alpha } = options as CompensatedOptions;
    const { L, mu } = facts.exact ?? facts;
    const { B = 0, rho = 1 } = facts.estimator?.moments[0] ?? {};
    const F = (24 * L * gamma ** 3) / DELTA ** 2;
    return { gamma, alpha, L, mu, B, rho, F, memory: (2 / rho) * B * (gamma ** 2 / n + weight * F) };
  };
  return {
    value(run: Run, x: Float64Array, state: (worker: number, name: string) => Float64Array): number {
      const { gamma, alpha, L, B, F, memory } = constants(run);
      const all = Array.from({ length: run.n }, (_, i) => i);
      const errors = all.map((i) => state(i, "e"));
      const shifted = x.map((v, j) => v - mean(errors.map((e) => e[j]!)));
      let sum = distance2(shifted, optimum) + ((12 * L * gamma) / DELTA) * mean(errors.map(squares));
      if (way === "learnt") sum += ((4 * F) / alpha) * mean(all.map((i) => distance2(state(i, "h"), best[i]!)));
      if (B > 0) {
        const from = (i: number) => {
          const w = state(i, "estimator w");
          return squares(w) > 0 ? w : x; // nothing was asked of it yet
        };
        const s2 = (i: number) =>
          mean(rowsOf(i, from(i)).map(({ gradient }, row) => distance2(gradient, atBest[i]![row]!.gradient)));
        sum += memory * mean(all.map(s2));
      }
      return sum;
    },
    bound(run: Run): { rate: number; noise: number } {
      const { gamma, alpha, mu, B, rho, F } = constants(run);
      const rates = [(gamma * mu) / 2, DELTA / 4];
      if (way === "learnt") rates.push(alpha / 2);
      if (B > 0) rates.push(rho / 2);
      const estimator = run.facts.estimator?.name;
      const D1 = estimator && B === 0 ? 2 * spread(problem, estimator === "mini-batch") : 0;
      const differences = way === "gradient" ? 2 * F * mean(best.map(squares)) : 0;
      return { rate: Math.min(...rates), noise: (gamma ** 2 * D1) / run.n + weight * F * D1 + differences };
    },
  };
}
