/**
 * FPCI: the fixed point method with compressed iterates, for T = mean T_i and any maps T_i of fixed-point-maps.ts.
 *
 *   x <- (1 - eta) x + eta mean Q_i(T_i(x))
 *
 * The paper's name of the method, shortened as it shortens its instance for gradient steps, GDCI (gradient descent with
 * compressed iterates): gdci is T_i = x - gamma grad f_i(x) with constants of its own, for any step.
 * Assumptions: Q_i in U(omega); T has the Lipschitz constant q < 1, every T_i has q_i; x* = T(x*).
 * Steps: with a = 1 - q: eta <= min(1, a/(a^2 + 2 omega q_i^2/n)); gamma, the step inside the maps: min(2/(L + mu),
 *   2/L_max).
 * Promise: neighbourhood, E|x^k - x*|^2 <= (1 - eta a)^k |x^0 - x*|^2 + (2 eta omega/(n a)) mean|T_i(x*)|^2; linear
 *   where T_i(x*) = 0 for all i, or omega = 0.
 *   Outline: E|x+ - x*|^2 = |(1 - eta)(x - x*) + eta (T(x) - T(x*))|^2 + eta^2 (variance) with variance <= (omega/n)
 *   mean|T_i(x)|^2 and |T_i(x)|^2 <= 2 q_i^2 |x - x*|^2 + 2|T_i(x*)|^2; (1 - eta a)^2 + 2 eta^2 omega q_i^2/n <= 1 -
 *   eta a is the bound on eta.
 * Errors that a run reports are to the minimiser of f, which is x* for gradient steps only: fixed-point-maps.ts.
 * Source: Chraibi et al., arXiv 1912.09925. The constants for contractions are derived here.
 */
import type { Facts, Method, Resolved } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { GAMMA, inRange, max, stepSize } from "./common.ts";
import { fixedPointServer, fixedPointWorker } from "./fixed-point.ts";
import { createMap, lipschitzOf, MAP, type MapSpec } from "./fixed-point-maps.ts";

export interface FixedPointOptions extends Resolved {
  eta: number;
  map: MapSpec;
}

export const FIXED_POINT = {
  gamma: `step inside the maps, ${GAMMA}`,
  map: MAP,
  eta: "averaging weight, in (0, 1]; default theory's",
  contraction: "Lipschitz constant of mean T_i, in (0, 1), where it is known better than fixed-point-maps.ts does",
};

/** eta and gamma of fpci (factor 2) and vr-fpci (factor 6). */
export function fixedPointSteps(
  method: string,
  factor: number,
  options: Readonly<Record<string, unknown>>,
  facts: Facts,
): FixedPointOptions {
  const { n, L, Lmax, mu } = facts;
  const map = (options.map ?? "gradient") as MapSpec;
  const inside = "min(2/(L + mu), 2/L_max)";
  const step = stepSize(method, options.gamma, inside, () => Math.min(2 / (L + mu), 2 / Lmax));
  const known = lipschitzOf(method, map, step.gamma, facts);
  const q =
    options.contraction === undefined ? known.q : inRange(`${method}: contraction`, options.contraction, 0, 0, 1);
  const w = (factor * max(facts.omega("gradient")) * known.each ** 2) / n;
  const a = 1 - q;
  if (options.eta === undefined && !(a > 0)) {
    throw new UsageError(`${method}: theory needs maps with a mean that contracts, got the constant ${q}; give eta`);
  }
  const eta = inRange(`${method}: eta`, options.eta, Math.min(1, a / (a * a + w)), 0, 1);
  if (step.formula === "given") return { ...step, eta, map };
  const rule = options.eta === undefined ? `a/(a^2 + ${factor} omega q_i^2/n), a = 1 - q` : String(eta);
  return { ...step, formula: `${step.formula}, eta = ${rule}`, eta, map };
}

export const fpci: Method<FixedPointOptions> = {
  name: "fpci",
  summary: "fixed point iterations with compressed local iterates T_i(x)",
  reference: "Chraibi et al., arXiv 1912.09925",
  promise: "neighbourhood",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  options: FIXED_POINT,
  resolve: (options, facts) => fixedPointSteps("fpci", 2, options, facts),
  worker: (env, { gamma, map }) => fixedPointWorker(env, createMap(env, map, gamma)),
  server: (env, { eta }) => fixedPointServer(env, "fpci", eta),
};
