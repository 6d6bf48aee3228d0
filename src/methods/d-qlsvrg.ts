/**
 * D-QLSVRG: compressed L-SVRG gradients Q_i(^g_i), applied tau rounds late.
 * Step size: that of dcgd for functions with the estimator's smoothness, and for a late step: variant.ts.
 * Promise: linear to a neighbourhood that gamma and the differences between workers set.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { dcgd } from "./dcgd.ts";
import { delayed } from "./variant.ts";

export const dQlsvrg = delayed(dcgd, {
  name: "d-qlsvrg",
  summary: "compressed variance-reduced gradients whose steps come tau rounds late",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  estimator: "l-svrg",
});
