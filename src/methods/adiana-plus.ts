/**
 * ADIANA+: ADIANA with smoothness-aware compressors, which see each worker's smoothness matrix L_i instead of the number.
 *
 *   As adiana with S_i(g) = L_i^1/2 C_i(L_i^{+1/2} g) for Q_i      (compressor `smooth`)
 *
 * Assumptions: as diana+, mu > 0.
 * Step sizes: as adiana with scriptL = max scriptL_i for max(omega_i L_i). The p that keeps eta near 1/(2L) is then
 *   min(1, max(1, sqrt(n L/(32 scriptL)) - 1)/(2(1 + omega))): n/(32 omega) is n L/(32 omega L_max) for equal L and L_max.
 * Promise: linear. V and its rate as adiana's, with (8 gamma eta scriptL/(theta1 n alpha)) mean|h_i - grad f_i(w)|^2 in the norm
 *   of L_i^+ for its last term: in that norm |grad f_i(x) - grad f_i(w)|^2 <= 2 D_i, the rest of the proof is the same.
 * State: as adiana.
 * Source: Safaryan, Hanzely and Richtarik, Smoothness Matrices Beat Smoothness Constants, arXiv 2102.07245.
 */
import type { Method } from "../core/contracts.ts";
import { type AdianaOptions, adiana, adianaServer, adianaSteps } from "./adiana.ts";
import { smoothConstants } from "./dcgd-plus.ts";

export const adianaPlus: Method<AdianaOptions> = {
  ...adiana,
  name: "adiana+",
  summary: "accelerated DIANA, smoothness-aware",
  reference: "Safaryan, Hanzely and Richtarik, arXiv 2102.07245",
  resolve(options, facts) {
    const { omega, scriptL } = smoothConstants(facts, "gradient");
    const room = (facts.n * facts.L) / (32 * scriptL);
    return adianaSteps("adiana+", options, facts, { omega, variance: scriptL, text: "scriptL", room });
  },
  server: (env, options) => adianaServer("adiana+", env, options),
};
