/**
 * DCGD-STAR: DCGD-SHIFT whose shifts follow the optimal ones, h_i = h_i* + C_i(grad f_i(x) - h_i*), h_i* = grad f_i(x*).
 *
 *   u_i = grad f_i(x) - h_i*;  c_i = C_i(u_i);  m_i = Q_i(u_i - c_i);  x <- x - gamma mean(c_i + m_i)
 *
 * (mean h_i* = grad f(x*) is 0 without psi; with it the server knows it.) Needs x*: a yardstick for the others, not a method to use.
 * Step size: gamma <= 1/(L + max(L_i omega_i (1 - delta_i))/n). Promise: linear, 1 - gamma mu.
 * Source: Shulgin and Richtarik, Shifted Compression Framework, Theorem 2.
 */
import type { Method, Resolved } from "../core/contracts.ts";
import { GAMMA, inducedOmega, maxProduct } from "./common.ts";
import { downlinkStep } from "./downlink.ts";
import { shiftedServer, shiftedWorker } from "./shifted.ts";

export const dcgdStar: Method<Resolved> = {
  name: "dcgd-star",
  summary: "compressed gradients with the optimal shifts; needs x*",
  reference: "Shulgin and Richtarik, Theorem 2",
  promise: "linear",
  needs: {
    compressors: { gradient: "unbiased", shift: "any" },
    optional: ["shift"],
    oracle: "gradient",
    optimum: true,
  },
  covers: ["prox", "participation", "downlink"],
  options: { gamma: GAMMA },

  resolve(options, facts) {
    const noise = () => maxProduct(inducedOmega(facts, "gradient", "shift"), facts.Li) / facts.n;
    const formula = "1/(L + max(L_i omega_i (1-delta_i))/n)";
    return downlinkStep("dcgd-star", options.gamma, facts, formula, () => 1 / (facts.L + noise()), {
      text: "max(L_i omega_i (1-delta_i))/n",
      value: noise,
    });
  },

  worker(env) {
    const h = env.ops.vec(env.dim);
    env.oracle.gradient(env.optimum!, h);
    return shiftedWorker(env, { h });
  },

  server: (env, { gamma }) => shiftedServer(env, gamma, env.optimumGradient ? { h: env.optimumGradient } : {}),
};
