/**
 * VR-MARINA: MARINA whose compressed differences are of mini-batches, the same rows at both points.
 *
 *   c = 1 (and in round 0): g_i <- grad f_i(x)
 *   c = 0: g_i += Q_i(mean over b rows of (grad f_ij(x) - grad f_ij(x'))), x' the point before x
 *   x <- x - gamma mean g_i
 *
 * Rows are drawn without replacement, every subset equally likely; c is one coin for all, true with probability p.
 * Assumptions: Q_i in U(omega_i), independent; f_i = mean f_ij over m_i rows, f_ij L_ij-smooth, f PL with mu, or merely
 *   bounded below.
 * Step size: that of marina with S^2 = mean(omega_i L_i^2 + (1 + omega_i) V_i), V_i = (m_i - b)/(b (m_i - 1)) mean_j L_ij^2.
 * Promise: that of marina. Outline: E|Q(D) - grad f_i(x) + grad f_i(x')|^2 <= omega (L_i^2 + V_i)|x - x'|^2 + V_i|x - x'|^2 for the
 *   batch's difference D, whose variance is (m - b)/(b (m - 1)) times the mean of the |rows' differences|^2 at most.
 * Cost: 2b rows, all with probability p. State: g_i and x' at worker i; g at the server: estimates.ts.
 * Source: Gorbunov, Burlachenko, Li and Richtarik, arXiv 2102.07845, Algorithm 2 and Theorem 3.2; constants derived here.
 */
import type { Method } from "../core/contracts.ts";
import { Subsets } from "../estimators/common.ts";
import { inRange, max } from "./common.ts";
import { MARINA_OPTIONS, type MarinaOptions, marinaServer, marinaStep, marinaWorker, mean } from "./marina.ts";

export interface VrMarinaOptions extends MarinaOptions {
  b: number;
}

export const vrMarina: Method<VrMarinaOptions> = {
  name: "vr-marina",
  summary: "MARINA with mini-batches: compressed differences of the same rows' gradients at both points",
  reference: "Gorbunov, Burlachenko, Li and Richtarik, arXiv 2102.07845, Theorem 3.2",
  promise: "linear",
  covers: ["prox"],
  needs: { compressors: { gradient: "unbiased" }, oracle: "stochastic" },
  options: {
    ...MARINA_OPTIONS,
    p: "probability of full gradients, in (0, 1]; default min(1/(1 + omega), b/(m + b))",
    b: "rows of a mini-batch, an integer in 1..m (the worker's rows); default 1",
  },

  resolve(options, facts) {
    const omegas = facts.omega("gradient");
    const rows = facts.rows!;
    const least = Math.min(...rows.map((of) => of.rows));
    const { b = 1 } = options;
    if (typeof b !== "number" || !Number.isInteger(b) || b < 1 || b > least) {
      throw new RangeError(`vr-marina: b must be an integer in 1..${least} (rows of a worker), got ${b}`);
    }
    const most = max(rows.map((of) => of.rows));
    const p = inRange("vr-marina: p", options.p, Math.min(1 / (1 + max(omegas)), b / (most + b)), 0, 1);
    const S2 = mean(
      rows.map(({ rows: m, Lsquares }, i) => {
        const omega = omegas[i]!;
        const V = m > 1 ? ((m - b) / (b * (m - 1))) * Lsquares : 0;
        return omega * facts.Li[i]! ** 2 + (1 + omega) * V;
      }),
    );
    return { ...marinaStep("vr-marina", options, facts, p, S2, "S^2 = mean(omega_i L_i^2 + (1 + omega_i) V_i)"), p, b };
  },

  worker(env, { p, b }) {
    const { ops, dim, oracle, state, rng } = env;
    const before = state.vec("point before");
    const now = ops.vec(dim);
    const old = ops.vec(dim);
    const subsets = new Subsets(oracle.rows, b);
    return marinaWorker(env, p, {
      gradient(x, into) {
        ops.copy(x, now);
        oracle.gradient(x, into);
      },
      change(x, into) {
        ops.copy(x, now);
        const rows = subsets.next(rng);
        oracle.rowsGradient!(x, rows, rows.length, into);
        oracle.rowsGradient!(before, rows, rows.length, old);
        ops.sub(into, old, into);
      },
      move: () => ops.copy(now, before),
    });
  },

  server: (env, { gamma, p }) => marinaServer(env, gamma, p, "vr-marina"),
};
