/**
 * Importance sampling: tau rows drawn with replacement, row j with probability p_j = L_ij/sum_j L_ij and weight 1/(m p_j).
 * Constants: A = 2S, B = C = 0, rho = 1, D1 = 2 s^2 with
 *   S = mean_j L_ij/tau + (1 - 1/tau) L_i,  s^2 = (1/tau) (1/m^2) sum_j |grad f_ij(x*) - m p_j grad f_i(x*)|^2/p_j.
 * Cost: tau rows.
 * Source: Gower et al., arXiv 1901.09401, section 3.3 (single-element sampling, optimal probabilities).
 */
import type { EstimatorFactory } from "../core/contracts.ts";
import { BATCH, batchOf } from "./common.ts";

export const importance: EstimatorFactory = {
  name: "importance",
  summary: "rows drawn in proportion to their smoothness, weighted to be unbiased",
  reference: "Gower et al., arXiv 1901.09401, section 3.3",
  options: { batch: BATCH },

  moments(options, { rows, Li, Lbar }) {
    const batch = batchOf("importance", options, rows);
    return { A: 2 * (Lbar / batch + (1 - 1 / batch) * Li), B: 0, rho: 1, C: 0 };
  },

  create({ ops, dim, oracle, rng }, options) {
    const batch = batchOf("importance", options, oracle.rows);
    const one = new Uint32Array(1);
    const part = ops.vec(dim);
    // upTo[j] = L_i0 + ... + L_ij
    const upTo = new Float64Array(oracle.rows);
    let total = 0;
    for (let row = 0; row < oracle.rows; ++row) {
      total += oracle.rowSmoothness(row);
      upTo[row] = total;
    }
    if (!(total > 0)) throw new RangeError("estimator importance: needs a row that is not zero");
    return {
      sample(x, g) {
        ops.fill(0, g);
        for (let k = 0; k < batch; ++k) {
          const row = search(upTo, rng.uniform() * total);
          one[0] = row;
          oracle.rowsGradient(x, one, 1, part);
          const L = upTo[row]! - (row > 0 ? upTo[row - 1]! : 0);
          ops.axpy(total / (oracle.rows * batch * L), part, g);
        }
      },
    };
  },
};

/** The first index whose entry is above `value`; entries ascend, the last one of a run of equals is never found. */
function search(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
