import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V^k <= (1 - c)^k V^0 up to O(epsilon^2), V = |x - x*|^2 + 2r/(1 - beta), c = min(gamma mu, (1 - beta)/4), with 8 bits",
  problem: quadratics,
  options: { bits: 8, epsilon: 1e-12 },
  rounds: 1500,
  expect: { linear: 1e-20 },
};
