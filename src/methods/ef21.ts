/**
 * EF21: every worker keeps an estimate g_i of its gradient and sends the compressed correction.
 *
 *   c_i = C_i(grad f_i(x) - g_i);  g_i += c_i;  g += mean c_i;  x <- x - gamma g        (g_i = 0 at first)
 *
 * Assumptions: C_i in B(delta), f_i L_i-smooth, f PL (strongly convex) with mu.
 * Step size: with theta = 1 - sqrt(1 - delta), beta = (1 - delta)/theta:
 *   gamma <= min(1/(L + Ltilde sqrt(2 beta/theta)), theta/(2 mu)). With a psi: estimates.ts.
 * Promise: linear, V = f - f* + (gamma/theta) mean|g_i - grad f_i|^2 contracts by 1 - gamma mu.
 * State: estimates.ts.
 * Source: Richtarik, Sokolov and Fatkhullin, arXiv 2106.05203, Theorem 2.
 */
import type { Method, Resolved } from "../core/contracts.ts";
import { GAMMA, smallestDelta, stepSize } from "./common.ts";
import { correctingWorker, estimateServer, safeStep } from "./estimates.ts";

export const ef21: Method<Resolved> = {
  name: "ef21",
  summary: "compressed corrections to a kept estimate of each worker's gradient",
  reference: "Richtarik, Sokolov and Fatkhullin, arXiv 2106.05203, Theorem 2",
  promise: "linear",
  covers: ["prox"],
  needs: { compressors: { gradient: "contractive" }, oracle: "gradient" },
  options: { gamma: GAMMA },

  resolve(options, facts) {
    const formula = facts.prox
      ? "1/(2L + Ltilde sqrt(44 beta/(9 theta)))"
      : "min(1/(L + Ltilde sqrt(2 beta/theta)), theta/(2 mu))";
    return stepSize("ef21", options.gamma, formula, () => {
      const delta = smallestDelta("ef21", facts, "gradient");
      const theta = 1 - Math.sqrt(1 - delta);
      if (facts.prox) return safeStep(facts, theta, ((1 - delta) / theta) * facts.Ltilde ** 2);
      const ratio = Math.sqrt(1 - delta) / theta; // sqrt(beta/theta)
      const smooth = 1 / (facts.L + facts.Ltilde * Math.SQRT2 * ratio);
      return facts.mu > 0 ? Math.min(smooth, theta / (2 * facts.mu)) : smooth;
    });
  },

  worker: (env) => correctingWorker(env),
  server: (env, { gamma }) =>
    estimateServer(env, gamma, "ef21", {
      read: (worker, up, scale, acc) => up.addTo(env.codecs[worker]!.gradient!, scale, acc),
    }),
};
