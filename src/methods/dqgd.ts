/**
 * DQGD, distributed quantized gradient descent: dcgd under the name of its first paper, x <- x - gamma mean Q_i(g_i), with
 * exact gradients or any estimator that a run names.
 * Step size, assumptions: those of dcgd; for estimates variant.ts.
 * Promise: linear to a neighbourhood, E|x^k - x*|^2 <= (1 - gamma mu)^k |x^0 - x*|^2 + gamma D1/mu,
 *   D1 = (2/n)(mean(omega_i zeta_i^2) + mean((1 + omega_i) sigma_i^2)), zeta_i = |grad f_i(x*)|, sigma_i^2 the variance of ^g_i at x*.
 *   Outline: E|mean Q_i(^g_i)|^2 <= |grad f|^2 + (1/n^2) sum(E|^g_i - grad f_i|^2 + omega_i E|^g_i|^2). The variance of ^g_i
 *   and E|^g_i|^2 are at most twice the moments at x*, sigma_i^2 and zeta_i^2 + sigma_i^2, plus twice those of the difference
 *   ^g_i(x) - ^g_i(x*), which the step size absorbs.
 * Source: Khirirat, Feyzmahdavian and Johansson, arXiv 1806.06573; constants derived here.
 */
import { dcgd } from "./dcgd.ts";
import { variant } from "./variant.ts";

export const dqgd = variant(dcgd, {
  name: "dqgd",
  summary: "quantized gradients, exact or estimated, without memory",
  reference: "Khirirat, Feyzmahdavian and Johansson, arXiv 1806.06573",
  promise: "neighbourhood",
});
