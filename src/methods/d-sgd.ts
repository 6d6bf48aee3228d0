/**
 * D-SGD: stochastic gradients, a mini-batch by default, applied tau rounds late.
 * Step size: that of dgd for functions with the estimator's smoothness, and for a late step: variant.ts.
 * Promise: linear to a neighbourhood of order gamma; linear with exact gradients.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { dgd } from "./dgd.ts";
import { delayed } from "./variant.ts";

export const dSgd = delayed(dgd, {
  name: "d-sgd",
  summary: "SGD whose steps come tau rounds late",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  estimator: "mini-batch",
});
