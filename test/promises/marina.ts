import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E[f - f* + (gamma/p)|g - grad f|^2] contracts by 1 - gamma mu",
  problem: quadratics,
  slots: { gradient: "rand-k:k=3" },
  rounds: 2000,
  expect: { linear: 1e-20 },
};
