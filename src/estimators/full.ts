/**
 * The gradient itself.
 * Constants: A = L_i, B = C = 0, rho = 1.
 * Source: Gorbunov, Hanzely and Richtarik, arXiv 1905.11261.
 */
import type { EstimatorFactory } from "../core/contracts.ts";

export const full: EstimatorFactory = {
  name: "full",
  summary: "the gradient itself, a pass over all rows",
  reference: "gradient descent",
  options: {},
  moments: (_options, { Li }) => ({ A: Li, B: 0, rho: 1, C: 0 }),
  create: ({ oracle }) => ({ sample: (x, g) => oracle.gradient(x, g) }),
};
