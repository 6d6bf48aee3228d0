/**
 * Independent sampling: every row by a coin of its own, row j with probability p_j and weight 1/(m p_j).
 *
 *   p_j = min(1, tau (1 + L_ij/L-)/(2m)), or tau/m for `"probabilities": "uniform"`;  L- = mean_j L_ij, L^ = max_j L_ij
 *
 * The equal half of p_j bounds the weights by 2/tau. No row may be drawn at all: then g = 0.
 * Constants: A = 2S, B = C = 0, rho = 1, D1 = 2 s^2 with
 *   S = L_i + max_j (1 - p_j) L_ij/(m p_j), at most L_i + 2 L^ L-/((L^ + L-) tau), or L_i + (1/tau - 1/m) L^ for equal
 *   p_j; s^2 = (1/m^2) sum_j (1/p_j - 1)|grad f_ij(x*)|^2. Unlike samplings of one size it keeps noise where all rows'
 *   gradients agree. Outline: Var (1/m) sum_j v_j a_j = (1/m^2) sum_j (1/p_j - 1)|a_j|^2 for a_j = grad f_ij(x) - grad
 *   f_ij(x*), |a_j|^2 <= 2 L_ij D_ij.
 * Cost: tau rows or less.
 * Source: Gower et al., arXiv 1901.09401, Proposition 3.8 and section 3.
 */
import type { EstimatorFactory, EstimatorOptions } from "../core/contracts.ts";
import { batchOf, choice, mixedShares } from "./common.ts";

const PROBABILITIES = ["smoothness", "uniform"] as const;
const uniform = (options: EstimatorOptions) =>
  choice("independent", "probabilities", options.probabilities, PROBABILITIES) === "uniform";

export const independent: EstimatorFactory = {
  name: "independent",
  summary: "every row by a coin of its own, weighted to be unbiased",
  reference: "Gower et al., arXiv 1901.09401, section 3",
  options: {
    batch: "rows of a draw on average, an integer in 1..m (the worker's rows); default 1",
    probabilities: '"smoothness": half in proportion to it (default); "uniform"',
  },

  moments(options, { rows, Li, Lhat, Lbar }) {
    const batch = batchOf("independent", options, rows);
    const noise = uniform(options) ? (1 / batch - 1 / rows) * Lhat : (2 * Lhat * Lbar) / ((Lhat + Lbar) * batch);
    return { A: 2 * (Li + noise), B: 0, rho: 1, C: 0 };
  },

  create({ ops, dim, oracle, rng }, options) {
    const batch = batchOf("independent", options, oracle.rows);
    const { rows } = oracle;
    const shares = uniform(options) ? new Float64Array(rows).fill(1 / rows) : mixedShares("independent", oracle);
    const p = shares.map((share) => Math.min(1, batch * share));
    const one = new Uint32Array(1);
    const part = ops.vec(dim);
    return {
      sample(x, g) {
        ops.fill(0, g);
        for (let row = 0; row < rows; ++row) {
          if (!rng.coin(p[row]!)) continue;
          one[0] = row;
          oracle.rowsGradient(x, one, 1, part);
          ops.axpy(1 / (rows * p[row]!), part, g);
        }
      },
    };
  },
};
