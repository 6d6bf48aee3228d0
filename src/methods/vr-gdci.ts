/**
 * VR-GDCI: GDCI with learnt shifts, which take the neighbourhood away.
 *
 *   T_i = x - gamma grad f_i(x);  d_i = Q_i(T_i - h_i);  x <- (1 - eta) x + eta (h + mean d_i)
 *   h_i += alpha d_i;  h += alpha mean d_i
 *
 * Assumptions: Q_i in U(omega), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step sizes: alpha <= 1/(1 + omega), eta <= 1/(L/mu + (6 omega/n)(L_max/mu - 1)),
 *   gamma <= (1 + 6 eta omega/n)/(eta (L + 6 L_max omega/n)).
 * Promise: linear, max(1 - eta, 1 - alpha/2), in |x - x*|^2 + (4 omega eta^2/(alpha n)) mean|h_i - T_i(x*)|^2.
 * Source: Shulgin and Richtarik, Theorem 6.
 */
import type { Method } from "../core/contracts.ts";
import { GAMMA, inRange, max } from "./common.ts";
import { fixedPointServer, fixedPointWorker } from "./fixed-point.ts";
import { gradientStep } from "./fixed-point-maps.ts";
import { type IterateOptions, iterateSteps } from "./gdci.ts";

export interface VrGdciOptions extends IterateOptions {
  alpha: number;
}

export const vrGdci: Method<VrGdciOptions> = {
  name: "vr-gdci",
  summary: "compressed local iterates with learnt shifts",
  reference: "Shulgin and Richtarik, Theorem 6",
  promise: "linear",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  options: {
    gamma: GAMMA,
    eta: "averaging weight, in (0, 1]; default theory's",
    alpha: "shift step size, in (0, 1/(1 + omega)]; default the largest",
  },

  resolve(options, facts) {
    const largest = 1 / (1 + max(facts.omega("gradient")));
    const alpha = inRange("vr-gdci: alpha", options.alpha, largest, 0, largest);
    return { ...iterateSteps("vr-gdci", 6, options, facts), alpha };
  },

  worker: (env, { gamma, alpha }) => fixedPointWorker(env, gradientStep(env.ops, env.oracle, gamma), alpha),
  server: (env, { eta, alpha }) => fixedPointServer(env, "vr-gdci", eta, alpha),
};
