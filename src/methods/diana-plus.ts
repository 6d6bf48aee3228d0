/**
 * DIANA+: DIANA with smoothness-aware compressors, which see each worker's smoothness matrix L_i instead of the number.
 *
 *   m_i = S_i(grad f_i(x) - h_i),  S_i(g) = L_i^1/2 C_i(L_i^{+1/2} g)      (compressor `smooth`)
 *   x <- x - gamma (h + mean m_i);  h_i += alpha m_i;  h += alpha mean m_i
 *
 * Assumptions: as dcgd+, C_i in U(omega_i).
 * Step sizes: alpha <= 1/(1 + omega), gamma <= 1/(L + 6 scriptL/n), scriptL = max scriptL_i.
 * Promise: E V^k <= max(1 - gamma mu, 1 - alpha/2)^k V^0,
 *   V = |x - x*|^2 + (4 scriptL gamma^2/(n alpha)) mean|h_i - grad f_i(x*)|^2 in the norm of L_i^+.
 *   Outline: E|g - grad f(x*)|^2 <= 2 (L + 2 scriptL/n) D + (2 scriptL/n) s^2, E s+^2 <= (1 - alpha) s^2 + 2 alpha D, with
 *   s^2 = mean|h_i - grad f_i(x*)|^2 in that norm, where S_i is in U(omega_i); M = 4 scriptL/(n alpha) in the usual theorem.
 * State: as diana.
 * Source: Safaryan, Hanzely and Richtarik, Smoothness Matrices Beat Smoothness Constants, arXiv 2102.07245.
 */
import type { Method } from "../core/contracts.ts";
import { inRange, stepSize } from "./common.ts";
import { smoothConstants } from "./dcgd-plus.ts";
import { type DianaOptions, diana } from "./diana.ts";

export const dianaPlus: Method<DianaOptions> = {
  ...diana,
  name: "diana+",
  covers: ["prox", "participation"],
  summary: "compressed gradient differences with learnt shifts, smoothness-aware",
  reference: "Safaryan, Hanzely and Richtarik, arXiv 2102.07245",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  options: { gamma: diana.options.gamma!, alpha: diana.options.alpha! },
  resolve(options, facts) {
    const { omega, scriptL } = smoothConstants(facts, "gradient");
    const alpha = inRange("diana+: alpha", options.alpha, 1 / (1 + omega), 0, 1 / (1 + omega));
    const theory = () => 1 / (facts.L + (6 / facts.n) * scriptL);
    return {
      ...stepSize("diana+", options.gamma, "1/(L + 6 scriptL/n)", theory),
      alpha,
      shiftStep: alpha / facts.participation,
    };
  },
};
