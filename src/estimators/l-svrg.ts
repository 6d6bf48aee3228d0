/**
 * L-SVRG (loopless SVRG): a reference point w with its full gradient, renewed with probability p.
 *
 *   g = mean over the batch of (grad f_ij(x) - grad f_ij(w)) + grad f_i(w);  with probability p: w <- x      (w = x^0 at first)
 *
 * Constants: A = 2 max_j L_ij, B = 2, rho = p, C = p max_j L_ij, s^2 = mean_j |grad f_ij(w) - grad f_ij(x*)|^2, for every batch.
 * Cost: twice the batch, and a pass over all rows at first and whenever w is renewed. State: w and grad f_i(w).
 * Source: Hofmann et al., arXiv 1506.03662; Kovalev, Horvath and Richtarik, arXiv 1901.08689.
 */
import type { EstimatorFactory } from "../core/contracts.ts";
import { BATCH, batchOf, probability, Subsets } from "./common.ts";

export const lSvrg: EstimatorFactory = {
  name: "l-svrg",
  summary: "variance reduced by the full gradient at a reference point that is renewed now and then",
  reference: "Kovalev, Horvath and Richtarik, arXiv 1901.08689",
  options: { batch: BATCH, p: "probability that the reference point is renewed, in (0, 1]; default 1/m" },

  moments(options, { rows, Lhat }) {
    batchOf("l-svrg", options, rows);
    const p = probability("l-svrg", "p", options.p, 1 / rows);
    return { A: 2 * Lhat, B: 2, rho: p, C: p * Lhat };
  },

  create({ ops, dim, oracle, state, rng }, options) {
    const subsets = new Subsets(oracle.rows, batchOf("l-svrg", options, oracle.rows));
    const p = probability("l-svrg", "p", options.p, 1 / oracle.rows);
    const w = state.vec("w");
    const atW = state.vec("gradient at w");
    const begun = state.scalar("begun");
    const old = ops.vec(dim);
    return {
      sample(x, g) {
        if (begun.value === 0) {
          ops.copy(x, w);
          oracle.gradient(w, atW);
          begun.value = 1;
        }
        const rows = subsets.next(rng);
        oracle.rowsGradient(x, rows, rows.length, g);
        oracle.rowsGradient(w, rows, rows.length, old);
        ops.sub(g, old, g);
        ops.axpy(1, atW, g);
        if (!rng.coin(p)) return;
        ops.copy(x, w);
        oracle.gradient(w, atW);
      },
    };
  },
};
