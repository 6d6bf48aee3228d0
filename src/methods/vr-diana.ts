/**
 * VR-DIANA: DIANA on L-SVRG gradients, or on SAGA's with `"estimator": "saga"`.
 * Step size: that of diana for functions with the estimator's smoothness: variant.ts.
 * alpha: 1/(1 + omega), as in diana. The paper asks for min(1/(3m), 1/(1 + omega)), for a V of one memory; here the
 *   estimator's memory s has a weight and a rate of its own, and h_i needs E|h_i+ - h_i*|^2 <= (1 - alpha)|h_i -
 *   h_i*|^2 + alpha E|^g_i - h_i*|^2 alone, which holds for alpha (1 + omega) <= 1. Smaller alpha may be given.
 * Promise: linear, 1 - min(gamma mu, alpha/2, rho/2) in V = |x - x*|^2 + M gamma^2 mean|h_i - h_i*|^2
 *   + (2B/rho) gamma^2 ((1 + 2 omega)/n + alpha M) mean s_i^2, M = 4 omega/(n alpha).
 * Source: Horvath, Kovalev, Mishchenko, Stich and Richtarik, arXiv 1904.05115.
 */
import { diana } from "./diana.ts";
import { variant } from "./variant.ts";

export const vrDiana = variant(diana, {
  name: "vr-diana",
  summary: "DIANA with variance-reduced gradients: L-SVRG, or SAGA by the run's estimator",
  reference: "Horvath, Kovalev, Mishchenko, Stich and Richtarik, arXiv 1904.05115",
  promise: "linear",
  estimator: "l-svrg",
});
