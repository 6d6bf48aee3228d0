/**
 * D-LSVRG: L-SVRG gradients applied tau rounds late.
 * Step size: that of dgd for functions with the estimator's smoothness, and for a late step: variant.ts.
 * Promise: linear.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { dgd } from "./dgd.ts";
import { delayed } from "./variant.ts";

export const dLsvrg = delayed(dgd, {
  name: "d-lsvrg",
  summary: "L-SVRG whose steps come tau rounds late",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "linear",
  estimator: "l-svrg",
});
