/**
 * QSGD: x <- x - gamma mean Q_i(^g_i), ^g_i a mini-batch gradient, Q random dithering with the Euclidean norm by default.
 * Step size: that of dcgd for functions with the estimator's smoothness: variant.ts.
 * Promise: linear to a neighbourhood that noise and differences between workers set: gamma D1/mu as in dqgd.ts.
 * Source: Alistarh et al., QSGD, arXiv 1610.02132.
 */
import { dcgd } from "./dcgd.ts";
import { variant } from "./variant.ts";

export const qsgd = variant(
  { ...dcgd, needs: { ...dcgd.needs, defaults: { gradient: "random-dithering" } } },
  {
    name: "qsgd",
    summary: "stochastic gradients rounded to a few levels of their norm",
    reference: "Alistarh et al., QSGD, arXiv 1610.02132",
    promise: "neighbourhood",
    estimator: "mini-batch",
  },
);
