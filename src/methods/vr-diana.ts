/**
 * VR-DIANA: DIANA on L-SVRG gradients, or on SAGA's with `"estimator": "saga"`.
 * Step size: that of diana for functions with the estimator's smoothness: variant.ts.
 * Promise: linear.
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
