import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2, gamma = 1/L",
  problem: quadratics,
  rounds: 400,
  expect: { linear: 1e-20 },
};
