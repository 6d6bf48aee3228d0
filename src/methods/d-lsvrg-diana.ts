/**
 * D-LSVRG-DIANA: DIANA on L-SVRG gradients, applied tau rounds late; shifts move at once.
 * Step size: that of diana for functions with the estimator's smoothness, and for a late step: variant.ts.
 * Promise: linear.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { diana } from "./diana.ts";
import { delayed } from "./variant.ts";

export const dLsvrgDiana = delayed(diana, {
  name: "d-lsvrg-diana",
  summary: "DIANA with variance-reduced gradients whose steps come tau rounds late",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "linear",
  estimator: "l-svrg",
});
