/**
 * L-SVRG on every worker: x <- x - gamma mean ^g_i.
 * Step size: that of dgd for functions with the estimator's smoothness: variant.ts.
 * Promise: linear.
 * Source: Kovalev, Horvath and Richtarik, arXiv 1901.08689.
 */
import { dgd } from "./dgd.ts";
import { variant } from "./variant.ts";

export const lSvrg = variant(dgd, {
  name: "l-svrg",
  summary: "distributed L-SVRG: a reference point and its gradient at every worker",
  reference: "Kovalev, Horvath and Richtarik, arXiv 1901.08689",
  promise: "linear",
  estimator: "l-svrg",
});
