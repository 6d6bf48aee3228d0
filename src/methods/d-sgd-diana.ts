/**
 * D-SGD-DIANA: DIANA on stochastic gradients, applied tau rounds late; shifts move at once.
 * Step size: that of diana for functions with the estimator's smoothness, and for a late step: variant.ts.
 * Promise: linear to a neighbourhood that gamma and the noise set; linear with exact gradients.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { diana } from "./diana.ts";
import { delayed } from "./variant.ts";

export const dSgdDiana = delayed(diana, {
  name: "d-sgd-diana",
  summary: "DIANA with stochastic gradients whose steps come tau rounds late",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  estimator: "mini-batch",
});
