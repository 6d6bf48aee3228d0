/**
 * Distributed compressed gradient descent (also DQGD): DCGD-SHIFT with h_i = 0.
 *
 *   x <- x - gamma mean Q_i(grad f_i(x))
 *
 * Assumptions: Q_i in U(omega_i), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step size: gamma <= 1/(L + 2 max(L_i omega_i)/n).
 * Promise: linear to a neighbourhood, E|x^k - x*|^2 <= (1 - gamma mu)^k |x^0 - x*|^2
 *   + (2 gamma/mu) mean(omega_i |grad f_i(x*)|^2)/n; to x* itself when every grad f_i(x*) = 0.
 * Source: Khirirat et al., arXiv 1806.06573; Shulgin and Richtarik, Theorem 1.
 */
import type { Facts, Method, Resolved } from "../core/contracts.ts";
import { GAMMA, maxProduct } from "./common.ts";
import { downlinkStep } from "./downlink.ts";
import { shiftedServer, shiftedWorker } from "./shifted.ts";

/** The step size of every member with constant shifts. */
export function constantShiftStep(method: string, options: Readonly<Record<string, unknown>>, facts: Facts): Resolved {
  const noise = () => (2 / facts.n) * maxProduct(facts.omega("gradient"), facts.Li);
  const formula = "1/(L + 2 max(L_i omega_i)/n)";
  return downlinkStep(method, options.gamma, facts, formula, () => 1 / (facts.L + noise()), {
    text: "2 max(L_i omega_i)/n",
    value: noise,
  });
}

export const dcgd: Method<Resolved> = {
  name: "dcgd",
  summary: "compressed gradients, no shifts",
  reference: "Khirirat et al., arXiv 1806.06573; Shulgin and Richtarik, Theorem 1",
  promise: "neighbourhood",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  covers: ["aggregator", "prox", "participation", "downlink"],
  options: { gamma: GAMMA },
  resolve: (options, facts) => constantShiftStep("dcgd", options, facts),
  worker: (env) => shiftedWorker(env, {}),
  server: (env, { gamma }) => shiftedServer(env, gamma, {}),
};
