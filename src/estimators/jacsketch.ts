/**
 * JacSketch: an estimate J of the Jacobian F'(x) = (grad f_i1(x), ..., grad f_im(x)), columns S renewed a step.
 *
 *   g = mean_j J_j + (1/m) sum_{j in S} theta_j (grad f_ij(x) - J_j);  J <- J - (J - F'(x)) P_S, P_S the columns of S
 *
 * theta_j = 1/p_j, p_j = P(j in S), makes g unbiased; it is theta_S where it is equal for all columns of S. J = 0 first.
 * Samplings: `nice`, tau columns, every subset alike (theta = m/tau; tau = 1 is SAGA); `single`, one column with
 *   p_j = (1 + L_ij/L-)/(2m); `independent`, a coin each with p_j = min(1, tau (1 + L_ij/L-)/(2m)); L- = mean_j L_ij,
 *   L^ = max_j L_ij. The equal half of p keeps every column's rate p_j >= 1/(2m); L_ij/(m p_j) stays below 2 L- and L^.
 * Constants: E|g - grad f_i(x*)|^2 <= 2A D_i + B mean_j w_j |J_j - grad f_ij(x*)|^2 with
 *   nice: A = 2(m(tau-1) L_i + (m-tau) L^)/(tau(m-1)), B = 2(m-tau)/(tau(m-1)), w = 1;
 *   single: A = 2W, B = 2, w_j = 1/(m p_j), W = 2 L^ L-/(L^ + L-);
 *   independent: A = 2(L_i + W), B = 2, w_j = (1 - p_j)/(m p_j), W = 2 L^ L-/((L^ + L-) tau).
 *   E w_j|J_j+ - ..|^2 = (1 - p_j) w_j|J_j - ..|^2 + p_j w_j|grad f_ij(x) - ..|^2 in every column. Proofs that add
 *   (2B/rho) s^2 add sum_j (2B/p_j) w_j|J_j - ..|^2/m instead: the same with rho = min p_j (stated: its lower bound)
 *   and C/rho = max w_j L_ij (L^ for nice, W else).
 *   Outline: g - grad f_i(x*) = (1/m) sum [v_j a_j - (v_j - 1) b_j], v_j = theta_j 1(j in S), a_j = grad f_ij(x) - grad
 *   f_ij(x*), b_j = J_j - grad f_ij(x*); twice each square; E|(1/m) sum v_j a_j|^2 <= A D_i is expected smoothness
 *   (Gower et al.), the rest the variance of (1/m) sum v_j b_j.
 * Cost: the rows of S. State: m d elements.
 * Source: Gower, Richtarik and Bach, arXiv 1805.02632 (JacSketch); expected smoothness: Gower et al., arXiv 1901.09401.
 *   The bounds for `single` and `independent` are derived here.
 */
import type { EstimatorFactory, EstimatorOptions } from "../core/contracts.ts";
import { BATCH, batchOf, choice, drawn, mixedShares } from "./common.ts";
import { niceMoments, niceTable, Table } from "./table.ts";

const SAMPLINGS = ["nice", "single", "independent"] as const;

export const jacsketch: EstimatorFactory = {
  name: "jacsketch",
  summary: "variance reduced by an estimate of the rows' gradients, renewed on a random sketch of the rows",
  reference: "Gower, Richtarik and Bach, arXiv 1805.02632",
  options: {
    batch: BATCH,
    sampling:
      '"nice": subsets of batch rows (default); "single": one row, by smoothness; "independent": a coin each, so too',
  },

  moments(options, facts) {
    const sampling = samplingOf(options, facts.rows);
    if (sampling === "nice") return niceMoments("jacsketch", options, facts);
    const { rows, Li, Lhat, Lbar } = facts;
    const batch = batchOf("jacsketch", options, rows);
    const W = (2 * Lhat * Lbar) / ((Lhat + Lbar) * batch);
    const rho = Math.min(1, batch / (2 * rows));
    return { A: 2 * (sampling === "single" ? W : Li + W), B: 2, rho, C: rho * W };
  },

  create(env, options) {
    const { oracle, rng } = env;
    const { rows } = oracle;
    const sampling = samplingOf(options, rows);
    const batch = batchOf("jacsketch", options, rows);
    if (sampling === "nice") return niceTable("jacsketch", env, options);
    const table = new Table(env);
    const shares = mixedShares("jacsketch", oracle);
    return {
      sample(x, g) {
        table.begin(g);
        if (sampling === "single") {
          const row = drawn(shares, rng.uniform());
          table.renew(row, x, 1 / (rows * shares[row]!), g);
          return;
        }
        for (let row = 0; row < rows; ++row) {
          const p = Math.min(1, batch * shares[row]!);
          if (rng.coin(p)) table.renew(row, x, 1 / (rows * p), g);
        }
      },
    };
  },
};

function samplingOf(options: EstimatorOptions, rows: number): (typeof SAMPLINGS)[number] {
  const sampling = choice("jacsketch", "sampling", options.sampling, SAMPLINGS);
  const batch = batchOf("jacsketch", options, rows);
  if (sampling === "single" && batch > 1) {
    throw new RangeError(`estimator jacsketch: batch must be 1 with single sampling, got ${batch}`);
  }
  return sampling;
}
