/**
 * DIANA, generalised: workers compress the difference of their gradient and a learnt shift h_i.
 *
 *   u_i = grad f_i(x) - h_i;  c_i = C_i(u_i);  m_i = Q_i(u_i - c_i)       (C_i = 0 is the classical method)
 *   x <- x - gamma (h + mean(c_i + m_i));  h_i += alpha (c_i + m_i);  h += alpha mean(c_i + m_i)
 *
 * With partial participation, p the chance to take part: h_i += (alpha/p)(c_i + m_i) for those who do, as if every worker sent
 * (c_i + m_i)/p or nothing. alpha <= 1/(1 + w) with the w below, which counts the sampling: alpha/p <= 1/(1 + omega_i (1 - delta_i)).
 *
 * Assumptions: Q_i in U(omega_i), C_i in B(delta_i), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step sizes: with w = max omega_i (1 - delta_i): alpha <= 1/(1 + w), M > 2w/(n alpha),
 *   gamma <= 1/((2/n) max(omega_i (1 - delta_i) L_i) + (1 + alpha M) L_max); default M = 4w/(n alpha).
 * Promise: E V^k <= max(1 - gamma mu, 1 - alpha + 2w/(nM))^k V^0, V = |x - x*|^2 + M gamma^2 mean|h_i - h_i*|^2.
 * State: h_i at worker i, h at the server; each h_i at the server too when workers may be resynced (O(nd)).
 * Source: Mishchenko et al., arXiv 1901.09269; generalised form: Shulgin and Richtarik, Theorem 3.
 */
import type { Method, Resolved } from "../core/contracts.ts";
import { GAMMA, inducedOmega, inRange, max, maxProduct } from "./common.ts";
import { downlinkStep } from "./downlink.ts";
import { shiftCopies, shiftedServer, shiftedWorker, welcomeWith } from "./shifted.ts";

export interface DianaOptions extends Resolved {
  alpha: number;
  /** By what a worker that takes part moves its shift: alpha over its chance to. */
  shiftStep: number;
}

export const diana: Method<DianaOptions> = {
  name: "diana",
  summary: "compressed gradient differences with learnt shifts",
  reference: "Mishchenko et al., arXiv 1901.09269; Shulgin and Richtarik, Theorem 3",
  promise: "linear",
  needs: { compressors: { gradient: "unbiased", shift: "any" }, optional: ["shift"], oracle: "gradient" },
  covers: ["prox", "participation", "downlink"],
  options: {
    gamma: GAMMA,
    alpha: "shift step size, in (0, 1/(1 + omega)]; default the largest",
    M: "weight of the shifts, as a multiple of 2 omega/(n alpha), > 1; default 2",
  },

  resolve(options, facts) {
    const omegas = inducedOmega(facts, "gradient", "shift");
    const omega = max(omegas);
    const alpha = inRange("diana: alpha", options.alpha, 1 / (1 + omega), 0, 1 / (1 + omega));
    const factor = inRange("diana: M", options.M, 2, 1, 1e9);
    const alphaM = (factor * 2 * omega) / facts.n;
    const bound = (2 / facts.n) * maxProduct(omegas, facts.Li) + (1 + alphaM) * facts.Lmax;
    const noise = { text: "(2/n) max(omega_i (1-delta_i) L_i) + alpha M L_max", value: () => bound - facts.Lmax };
    const formula = `1/((2/n) max(omega_i (1-delta_i) L_i) + (1 + alpha M) L_max), M = ${factor} x 2 omega/(n alpha)`;
    return {
      ...downlinkStep("diana", options.gamma, facts, formula, () => 1 / bound, noise),
      alpha,
      shiftStep: alpha / facts.participation,
    };
  },

  worker(env, { shiftStep }) {
    const h = env.state.vec("h");
    return shiftedWorker(env, {
      h,
      move: (sent) => sent.addTo(shiftStep, h), // h_i += alpha (c_i + m_i)
      join: (down) => env.ops.copy(down.dense(), h),
    });
  },

  server(env, { gamma, shiftStep }) {
    const { ops, n } = env;
    const h = env.state.vec("h");
    const copies = shiftCopies(env);
    return shiftedServer(env, gamma, {
      h,
      ...(copies && { each: (worker, message) => ops.axpy(shiftStep, message, copies[worker]!) }),
      move: (m) => ops.axpy(shiftStep / n, m, h), // workers that did not answer did not move theirs
      welcome: welcomeWith("diana", copies),
    });
  },
};
