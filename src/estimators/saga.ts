/**
 * SAGA: a table of the last gradient seen of every row.
 *
 *   g = mean over the batch of (grad f_ij(x) - G_j) + mean_j G_j;  G_j <- grad f_ij(x) for the batch        (G_j = 0 at first)
 *
 * Constants: A = 2 max_j L_ij, B = 2, rho = tau/m, C = (tau/m) max_j L_ij, s^2 = mean_j |G_j - grad f_ij(x*)|^2.
 * Cost: tau rows. State: m d elements.
 * Source: Defazio, Bach and Lacoste-Julien, arXiv 1407.0202.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { EstimatorFactory } from "../core/contracts.ts";
import { BATCH, batchOf, Subsets } from "./common.ts";

export const saga: EstimatorFactory = {
  name: "saga",
  summary: "variance reduced by a table of the last gradient of every row",
  reference: "Defazio, Bach and Lacoste-Julien, arXiv 1407.0202",
  options: { batch: BATCH },

  moments(options, { rows, Lhat }) {
    const share = batchOf("saga", options, rows) / rows;
    return { A: 2 * Lhat, B: 2, rho: share, C: share * Lhat };
  },

  create({ ops, dim, oracle, state, rng }, options) {
    const subsets = new Subsets(oracle.rows, batchOf("saga", options, oracle.rows));
    const table = state.vec("table", oracle.rows * dim);
    const mean = state.vec("mean of the table");
    const row = ops.vec(dim); // pointed into the table
    const change = ops.vec(dim);
    const fresh = ops.vec(dim);
    const stride = dim * elementBytes(ops.dtype);
    const one = new Uint32Array(1);
    return {
      sample(x, g) {
        const rows = subsets.next(rng);
        ops.copy(mean, g);
        for (let k = 0; k < rows.length; ++k) {
          one[0] = rows[k]!;
          row.at(table.ptr + rows[k]! * stride);
          oracle.rowsGradient(x, one, 1, fresh);
          ops.sub(fresh, row, change);
          ops.copy(fresh, row);
          ops.axpy(1 / rows.length, change, g);
          ops.axpy(1 / oracle.rows, change, mean);
        }
      },
    };
  },
};
