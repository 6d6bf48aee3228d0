/**
 * JacSketch on every worker: x <- x - gamma mean ^g_i with Jacobian estimates renewed on random columns.
 * Step size: that of dgd for functions with the estimator's smoothness: variant.ts; samplings: estimators/jacsketch.ts.
 * Promise: linear.
 * Source: Gower, Richtarik and Bach, arXiv 1805.02632.
 */
import { dgd } from "./dgd.ts";
import { variant } from "./variant.ts";

export const jacsketch = variant(dgd, {
  name: "jacsketch",
  summary: "distributed JacSketch: an estimate of the Jacobian at every worker, sketched by columns",
  reference: "Gower, Richtarik and Bach, arXiv 1805.02632",
  promise: "linear",
  estimator: "jacsketch",
});
