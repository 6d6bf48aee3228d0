/**
 * SVRG on every worker: x <- x - gamma mean ^g_i, reference points renewed every l steps.
 * Step size: that of dgd for functions with the estimator's smoothness: variant.ts, and estimators/svrg.ts for the loops.
 * Promise: linear.
 * Source: Johnson and Zhang, NIPS 2013; Sebbouh et al., arXiv 1908.02725.
 */
import { dgd } from "./dgd.ts";
import { variant } from "./variant.ts";

export const svrg = variant(dgd, {
  name: "svrg",
  summary: "distributed SVRG: loops around a reference point and its gradient at every worker",
  reference: "Johnson and Zhang, NIPS 2013; Sebbouh et al., arXiv 1908.02725",
  promise: "linear",
  estimator: "svrg",
});
