/**
 * SAGA: a table of the last gradient seen of every row. It is JacSketch with tau columns, every subset alike.
 *
 *   g = mean over the batch of (grad f_ij(x) - G_j) + mean_j G_j;  G_j <- grad f_ij(x) for the batch (G_j = 0 at first)
 *
 * Constants: with t = (m - tau)/(tau(m - 1)): A = 2((1 - t) L_i + t max_j L_ij), B = 2t, rho = tau/m, C = (tau/m) max_j
 *   L_ij, s^2 = mean_j |G_j - grad f_ij(x*)|^2: estimators/jacsketch.ts. One row: A + 2BC/rho = 6 max_j L_ij.
 * Cost: tau rows. State: m d elements.
 * Source: Defazio, Bach and Lacoste-Julien, arXiv 1407.0202.
 */
import type { EstimatorFactory } from "../core/contracts.ts";
import { BATCH } from "./common.ts";
import { niceMoments, niceTable } from "./table.ts";

export const saga: EstimatorFactory = {
  name: "saga",
  summary: "variance reduced by a table of the last gradient of every row",
  reference: "Defazio, Bach and Lacoste-Julien, arXiv 1407.0202",
  options: { batch: BATCH },
  moments: (options, facts) => niceMoments("saga", options, facts),
  create: (env, options) => niceTable("saga", env, options),
};
