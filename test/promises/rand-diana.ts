import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V^k <= max(1 - gamma mu, 1 - p/2)^k V^0, V as diana's",
  problem: quadratics,
  slots: { gradient: "rand-k:k=3" },
  rounds: 1500,
  expect: { linear: 1e-20 },
};
