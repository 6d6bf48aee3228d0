/**
 * TernGrad: x <- x - gamma mean Q_i(^g_i), ^g_i a mini-batch gradient, Q ternary by default.
 * Layer-wise it is with the compressor `layers:sizes=...,of=(ternary)`; with the paper's clipping `ternary:clip=2.5`, which is
 *   biased: theory gives no step size then.
 * Step size: that of dcgd for functions with the estimator's smoothness: variant.ts.
 * Promise: linear to a neighbourhood that noise and differences between workers set: gamma D1/mu as in dqgd.ts.
 * Source: Wen et al., TernGrad, arXiv 1705.07878.
 */
import { dcgd } from "./dcgd.ts";
import { variant } from "./variant.ts";

export const terngrad = variant(
  { ...dcgd, needs: { ...dcgd.needs, defaults: { gradient: "ternary" } } },
  {
    name: "terngrad",
    summary: "stochastic gradients rounded to -1, 0 or 1 times their largest magnitude",
    reference: "Wen et al., TernGrad, arXiv 1705.07878",
    promise: "neighbourhood",
    estimator: "mini-batch",
  },
);
