/**
 * VR-FPCI: the fixed point method with compressed iterates and learnt shifts, which take the neighbourhood away.
 *
 *   d_i = Q_i(T_i(x) - h_i);  x <- (1 - eta) x + eta (h + mean d_i);  h_i += alpha d_i;  h += alpha mean d_i
 *
 * vr-gdci is T_i = x - gamma grad f_i(x) with constants of its own. Maps: fixed-point-maps.ts.
 * Assumptions: as fpci.
 * Steps: alpha <= 1/(1 + omega); with a = 1 - q: eta <= min(1, a/(a^2 + 6 omega q_i^2/n)); gamma as in fpci.
 * Promise: linear, max(1 - eta a, 1 - alpha/2), in |x - x*|^2 + (4 omega eta^2/(alpha n)) mean|h_i - T_i(x*)|^2.
 *   Outline: as fpci with variance <= (omega/n) mean|T_i(x) - h_i|^2 <= (2 omega/n)(q_i^2 |x - x*|^2 + mean|h_i -
 *   T_i(x*)|^2) and E|h_i+ - T_i(x*)|^2 <= (1 - alpha)|h_i - T_i(x*)|^2 + alpha q_i^2 |x - x*|^2; the weight takes half
 *   of alpha.
 * Source: Chraibi et al., arXiv 1912.09925. The constants for contractions are derived here.
 */
import type { Method } from "../core/contracts.ts";
import { inRange, max } from "./common.ts";
import { fixedPointServer, fixedPointWorker } from "./fixed-point.ts";
import { createMap } from "./fixed-point-maps.ts";
import { FIXED_POINT, type FixedPointOptions, fixedPointSteps } from "./fpci.ts";

export interface VrFixedPointOptions extends FixedPointOptions {
  alpha: number;
}

export const vrFpci: Method<VrFixedPointOptions> = {
  name: "vr-fpci",
  summary: "fixed point iterations with compressed local iterates and learnt shifts",
  reference: "Chraibi et al., arXiv 1912.09925",
  promise: "linear",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  options: { ...FIXED_POINT, alpha: "shift step size, in (0, 1/(1 + omega)]; default the largest" },
  resolve(options, facts) {
    const largest = 1 / (1 + max(facts.omega("gradient")));
    const alpha = inRange("vr-fpci: alpha", options.alpha, largest, 0, largest);
    return { ...fixedPointSteps("vr-fpci", 6, options, facts), alpha };
  },
  worker: (env, { gamma, map, alpha }) => fixedPointWorker(env, createMap(env, map, gamma), alpha),
  server: (env, { eta, alpha }) => fixedPointServer(env, "vr-fpci", eta, alpha),
};
