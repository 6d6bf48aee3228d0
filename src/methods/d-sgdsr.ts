/**
 * D-SGDsr: gradients of an arbitrary sampling, importance sampling by default, applied tau rounds late.
 * Step size: that of dgd for functions with the estimator's smoothness, and for a late step: variant.ts.
 * Promise: as d-sgd, with the sampling's constants.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { dgd } from "./dgd.ts";
import { delayed } from "./variant.ts";

export const dSgdsr = delayed(dgd, {
  name: "d-sgdsr",
  summary: "SGD with importance sampling whose steps come tau rounds late",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  estimator: "importance",
});
