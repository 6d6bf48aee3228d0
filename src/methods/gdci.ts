/**
 * GDCI: gradient descent with compressed iterates.
 *
 *   x <- (1 - eta) x + eta mean Q_i(x - gamma grad f_i(x))
 *
 * The fixed point method fpci with gradient steps for maps; these need not contract: gamma is up to 1/mu.
 * Assumptions: Q_i in U(omega), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step sizes: eta <= 1/(L/mu + (2 omega/n)(L_max/mu - 1)), gamma <= (1 + 2 eta omega/n)/(eta (L + 2 L_max omega/n)).
 * Promise: neighbourhood, E|x^k - x*|^2 <= (1 - eta)^k |x^0 - x*|^2 + (2 eta omega/n) mean|x* - gamma grad f_i(x*)|^2.
 * Source: Chraibi et al., arXiv 1912.09925; Shulgin and Richtarik, Theorem 5.
 */
import type { Facts, Method, Resolved } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { GAMMA, inRange, max, stepSize } from "./common.ts";
import { fixedPointServer, fixedPointWorker } from "./fixed-point.ts";
import { gradientStep } from "./fixed-point-maps.ts";

export interface IterateOptions extends Resolved {
  eta: number;
}

/** eta and gamma of GDCI (factor 2) and VR-GDCI (factor 6). */
export function iterateSteps(
  method: string,
  factor: number,
  options: Readonly<Record<string, unknown>>,
  facts: Facts,
): IterateOptions {
  const { n, L, Lmax, mu } = facts;
  if (!(mu > 0)) throw new UsageError(`${method}: needs a strongly convex problem, got mu = ${mu}`);
  const w = (factor * max(facts.omega("gradient"))) / n;
  const eta = inRange(`${method}: eta`, options.eta, 1 / (L / mu + w * (Lmax / mu - 1)), 0, 1);
  const gamma = (1 + eta * w) / (eta * (L + w * Lmax));
  const formula =
    `(1 + ${factor} eta omega/n)/(eta (L + ${factor} L_max omega/n)), ` +
    `eta = ${options.eta === undefined ? `1/(L/mu + (${factor} omega/n)(L_max/mu - 1))` : eta}`;
  return { ...stepSize(method, options.gamma, formula, () => gamma), eta };
}

export const gdci: Method<IterateOptions> = {
  name: "gdci",
  summary: "compressed local iterates x - gamma grad f_i(x)",
  reference: "Chraibi et al., arXiv 1912.09925; Shulgin and Richtarik, Theorem 5",
  promise: "neighbourhood",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  options: { gamma: GAMMA, eta: "averaging weight, in (0, 1]; default theory's" },
  resolve: (options, facts) => iterateSteps("gdci", 2, options, facts),

  worker: (env, { gamma }) => fixedPointWorker(env, gradientStep(env.ops, env.oracle, gamma)),
  server: (env, { eta }) => fixedPointServer(env, "gdci", eta),
};
