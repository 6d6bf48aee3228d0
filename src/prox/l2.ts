/**
 * psi(x) = lambda/2 |x|^2; its proximal operator is a scaling.
 *
 *   prox_{gamma psi}(x) = x/(1 + gamma lambda)
 *
 * Source: Parikh and Boyd, Proximal Algorithms (2014), section 6.1.1.
 */
import { type ProxFactory, separable, weight } from "./common.ts";

export const l2: ProxFactory = {
  name: "l2",
  summary: "lambda/2 |x|^2",
  reference: "Parikh and Boyd, Proximal Algorithms, section 6.1.1",
  options: { lambda: "weight, >= 0" },
  create(options) {
    const lambda = weight("l2", options.lambda);
    return separable(`l2:lambda=${lambda}`, {
      apply: (gamma, v) => v / (1 + gamma * lambda),
      slope: (gamma) => 1 / (1 + gamma * lambda),
      value: (v) => (lambda / 2) * v * v,
    });
  },
};
