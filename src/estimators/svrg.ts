/**
 * SVRG: loops of l steps around a reference point w with its full gradient.
 *
 *   g = mean over the batch of (grad f_ij(x) - grad f_ij(w)) + grad f_i(w)
 *   before step 1, l+1, 2l+1, ...: w <- the average of the last loop's l iterates, or the last (w = x^0 at first)
 *
 * x itself goes on from where it is. Johnson and Zhang restart x at w; with the average this is Free-SVRG.
 * Constants: E|g - grad f_i(x*)|^2 <= 4 max_j L_ij D_i(x) + 2 s^2 with s^2 = mean_j |grad f_ij(w) - grad f_ij(x*)|^2; s
 *   stands still within a loop. A = 2 max_j L_ij, B = 2; rho = 1/l and C = max_j L_ij/l hold on average over a loop
 *   only.
 * Step: that of l-svrg (gradient descent: A + 2BC/rho = 6 max_j L_ij) for the average and every l. With a = 1 - gamma
 *   A, q = 1 - gamma mu, L^ = max_j L_ij, S = 1 + q + ... + q^(l-1) and t = 1 (or, n workers' independent estimates
 *   averaged, A = L + 2 L^/n and t = 1/n),
 *     V = |x - x*|^2 + M gamma^2 s^2 at loop ends, M = a l q^(l-1)/(gamma L^):  E V+ <= max(q^l, 2 t S/M) V.
 *   Outline: |x+ - x*|^2 <= q |x - x*|^2 - 2 gamma a D + 2 t gamma^2 s^2 summed over a loop with weights q^(l-1-k) >=
 *   q^(l-1), and s+^2 <= 2 L^ D(w+) <= (2 L^/l) sum D, as D is convex. Theory's step makes 4 t gamma L^ = a, so the
 *   second rate is S/(2 l q^(l-1)) < 1 while l gamma mu < 1.25. Longer loops: summed without weights, 2 gamma a sum D
 *   <= |x - x*|^2 + 2 t gamma^2 l s^2, whence gamma^2 s+^2 <= |x - x*|^2/(4 t l) + gamma^2 s^2/2, and V contracts with
 *   M = 4 c t S for every 1 < c < l gamma mu: to max(q^l + c S/l, (1 + 1/c)/2).
 *   The last iterate as w converges with the same step in practice, but has no such proof here.
 * Cost: twice the batch, and a pass over all rows a loop. State: w, grad f_i(w), the loop's sum and its step.
 * Source: Johnson and Zhang, NIPS 2013; Sebbouh et al., arXiv 1908.02725 (Free-SVRG). The constants are derived here.
 */
import type { EstimatorFactory, EstimatorOptions } from "../core/contracts.ts";
import { BATCH, batchOf, choice, Subsets } from "./common.ts";

const REFERENCES = ["average", "last"] as const;

export const svrg: EstimatorFactory = {
  name: "svrg",
  summary: "variance reduced by the full gradient at a reference point that is renewed every l steps",
  reference: "Johnson and Zhang, NIPS 2013; Sebbouh et al., arXiv 1908.02725",
  options: {
    batch: BATCH,
    l: "steps of a loop, an integer >= 1; default m (the worker's rows)",
    reference: 'what the next loop refers to: "average" of the loop\'s iterates (theory\'s, default) or its "last" one',
  },

  moments(options, { rows, Lhat }) {
    batchOf("svrg", options, rows);
    choice("svrg", "reference", options.reference, REFERENCES);
    const l = lengthOf(options, rows);
    return { A: 2 * Lhat, B: 2, rho: 1 / l, C: Lhat / l };
  },

  create({ ops, dim, oracle, state, rng }, options) {
    const subsets = new Subsets(oracle.rows, batchOf("svrg", options, oracle.rows));
    const l = lengthOf(options, oracle.rows);
    const averaged = choice("svrg", "reference", options.reference, REFERENCES) === "average";
    const w = state.vec("w");
    const atW = state.vec("gradient at w");
    const sum = state.vec("sum of the loop");
    const step = state.scalar("step");
    const old = ops.vec(dim);
    return {
      sample(x, g) {
        if (step.value % l === 0) {
          if (averaged && step.value > 0) ops.combine(1 / l, sum, 0, w, w);
          else ops.copy(x, w);
          ops.fill(0, sum);
          oracle.gradient(w, atW);
        }
        step.value += 1;
        if (averaged) ops.axpy(1, x, sum);
        const rows = subsets.next(rng);
        oracle.rowsGradient(x, rows, rows.length, g);
        oracle.rowsGradient(w, rows, rows.length, old);
        ops.sub(g, old, g);
        ops.axpy(1, atW, g);
      },
    };
  },
};

function lengthOf({ l }: EstimatorOptions, rows: number): number {
  const length = l ?? rows;
  if (typeof length === "number" && Number.isSafeInteger(length) && length >= 1) return length;
  throw new RangeError(`estimator svrg: l must be an integer >= 1, got ${length}`);
}
