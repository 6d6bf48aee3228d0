/**
 * psi(x) = lambda |x|_1; its proximal operator is the soft threshold.
 *
 *   prox_{gamma psi}(x)_j = sign(x_j) max(|x_j| - gamma lambda, 0)
 *
 * Source: Parikh and Boyd, Proximal Algorithms (2014), section 6.5.2.
 */
import { type ProxFactory, separable, weight } from "./common.ts";

export const l1: ProxFactory = {
  name: "l1",
  summary: "lambda |x|_1",
  reference: "Parikh and Boyd, Proximal Algorithms, section 6.5.2",
  options: { lambda: "weight, >= 0" },
  create(options) {
    const lambda = weight("l1", options.lambda);
    return separable(`l1:lambda=${lambda}`, {
      apply(gamma, v) {
        const t = gamma * lambda;
        return Math.abs(v) <= t ? 0 : v > 0 ? v - t : v + t;
      },
      slope: (gamma, v) => (Math.abs(v) <= gamma * lambda ? 0 : 1),
      value: (v) => lambda * Math.abs(v),
    });
  },
};
