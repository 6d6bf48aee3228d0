/**
 * SGD-SR: x <- x - gamma mean ^g_i with gradients of an arbitrary sampling, importance sampling by default.
 * Step size: that of dgd for functions with the estimator's smoothness: variant.ts.
 * Promise: linear to a neighbourhood of order gamma.
 * Source: Gower et al., arXiv 1901.09401.
 */
import { dgd } from "./dgd.ts";
import { variant } from "./variant.ts";

export const sgdSr = variant(dgd, {
  name: "sgd-sr",
  summary: "distributed SGD with rows drawn in proportion to their smoothness",
  reference: "Gower et al., arXiv 1901.09401",
  promise: "neighbourhood",
  estimator: "importance",
});
