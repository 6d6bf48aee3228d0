/**
 * The mean gradient of tau rows out of m, every subset equally likely (tau-nice sampling).
 * Constants: A = 2S, B = C = 0, rho = 1, D1 = 2 s^2 with
 *   S = m(tau - 1)/(tau(m - 1)) L_i + (m - tau)/(tau(m - 1)) max_j L_ij,
 *   s^2 = (m - tau)/(tau(m - 1)) mean_j |grad f_ij(x*) - grad f_i(x*)|^2.
 * Cost: tau rows.
 * Source: Gower, Loizou, Qian, Sailanbayev, Shulgin and Richtarik, arXiv 1901.09401, Proposition 3.8.
 */
import type { EstimatorFactory } from "../core/contracts.ts";
import { BATCH, batchOf, Subsets } from "./common.ts";

export const miniBatch: EstimatorFactory = {
  name: "mini-batch",
  summary: "the mean gradient of a few rows, drawn without replacement",
  reference: "Gower et al., arXiv 1901.09401, Proposition 3.8",
  options: { batch: BATCH },

  moments(options, { rows, Li, Lhat }) {
    const batch = batchOf("mini-batch", options, rows);
    if (rows === 1) return { A: 2 * Li, B: 0, rho: 1, C: 0 };
    const parts = batch * (rows - 1);
    return { A: (2 * (rows * (batch - 1) * Li + (rows - batch) * Lhat)) / parts, B: 0, rho: 1, C: 0 };
  },

  create({ oracle, rng }, options) {
    const subsets = new Subsets(oracle.rows, batchOf("mini-batch", options, oracle.rows));
    return {
      sample(x, g) {
        const rows = subsets.next(rng);
        oracle.rowsGradient(x, rows, rows.length, g);
      },
    };
  },
};
