/** What promises are computed from and measured with; nothing here knows the test runner. */
import type { Problem } from "../../src/core/contracts.ts";
import { privateOps } from "../../src/problems/factory.ts";
import { build, distance2, type Run, type RunSettings, squares } from "../run/harness.ts";

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** h_i* = grad f_i(x*). */
export function optimalShifts(problem: Problem): Float64Array[] {
  const ops = privateOps();
  const x = ops.from(problem.optimum());
  return Array.from({ length: problem.workers }, (_, i) => {
    const g = ops.vec(problem.dim);
    problem.oracle(ops, i).gradient(x, g);
    return Float64Array.from(g.view);
  });
}

/** zeta*^2 = mean |grad f_i(x*)|^2. */
export const differences = (problem: Problem): number => mean(optimalShifts(problem).map(squares));

/** Gradients of single rows of a worker. */
export function rowGradients(problem: Problem) {
  const ops = privateOps();
  const oracles = Array.from({ length: problem.workers }, (_, i) => problem.oracle(ops, i));
  const [at, g] = [ops.vec(problem.dim), ops.vec(problem.dim)];
  return (worker: number, x: Float64Array): { gradient: Float64Array; L: number }[] => {
    const oracle = oracles[worker]!;
    at.view.set(x);
    return Array.from({ length: oracle.rows }, (_, row) => {
      oracle.rowsGradient!(at, Uint32Array.of(row), 1, g);
      return { gradient: Float64Array.from(g.view), L: oracle.rowSmoothness!(row) };
    });
  };
}

/** Mean over the workers of E|^g_i - grad f_i|^2 at x*, for single draws with p_j = 1/m or p_j ~ L_ij. */
export function spread(problem: Problem, uniform: boolean): number {
  const best = optimalShifts(problem);
  const rowsOf = rowGradients(problem);
  const optimum = problem.optimum();
  return mean(
    best.map((h, i) => {
      const rows = rowsOf(i, optimum);
      const total = rows.reduce((sum, { L }) => sum + L, 0);
      const p = (L: number) => (uniform ? 1 / rows.length : L / total);
      const second = rows.reduce((sum, { gradient, L }) => sum + squares(gradient) / (rows.length ** 2 * p(L)), 0);
      return second - squares(h);
    }),
  );
}

/** Average of |x - x*|^2 over rounds warm..warm + rounds and the seeds 1, 2, ..., begun at x* unless told otherwise. */
export async function floor(settings: RunSettings, warm: number, rounds: number, seeds = 4): Promise<number> {
  const optimum = settings.problem.optimum();
  let sum = 0;
  for (let seed = 1; seed <= seeds; ++seed) {
    const run = build({ ...settings, start: settings.start ?? optimum, seed });
    await run.play(warm);
    for (let k = 0; k < rounds; ++k) {
      await run.play(1);
      sum += distance2(await run.x(), optimum) / (seeds * rounds);
    }
  }
  return sum;
}

/** Methods of src/methods/integers.ts: the largest |alpha u_ij| of the rounds that follow, u_i what worker i rounds: grad f_i(x) - h_i. */
export async function largest(run: Run, problem: Problem, rounds: number): Promise<number[]> {
  const { state } = run.rounds;
  const [x, g] = [run.ops.vec(run.dim), run.ops.vec(run.dim)];
  const oracles = Array.from({ length: run.n }, (_, i) => problem.oracle(run.ops, i));
  const found: number[] = [];
  for (let k = 0; k < rounds; ++k) {
    await run.rounds.snapshot(); // workers settle
    const alpha = state.scalar("alpha").value;
    let most = 0;
    x.view.set(await run.x());
    oracles.forEach((oracle, i) => {
      oracle.gradient(x, g);
      const h = run.network.hosts[i]!.state.vec("h").view; // zeros in intsgd
      for (let j = 0; j < run.dim; ++j) most = Math.max(most, Math.abs(alpha * (g.view[j]! - h[j]!)));
    });
    if (alpha > 0) found.push(most);
    await run.play(1);
  }
  return found;
}
