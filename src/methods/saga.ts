/**
 * SAGA on every worker: x <- x - gamma mean ^g_i.
 * Step size: that of dgd for functions with the estimator's smoothness: variant.ts.
 * Promise: linear.
 * Source: Defazio, Bach and Lacoste-Julien, arXiv 1407.0202.
 */
import { dgd } from "./dgd.ts";
import { variant } from "./variant.ts";

export const saga = variant(dgd, {
  name: "saga",
  summary: "distributed SAGA: a table of gradients at every worker",
  reference: "Defazio, Bach and Lacoste-Julien, arXiv 1407.0202",
  promise: "linear",
  estimator: "saga",
});
