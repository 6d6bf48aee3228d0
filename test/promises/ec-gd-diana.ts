import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V contracts by 1 - min(gamma mu/2, delta/4, alpha/2), V of compensated.ts",
  problem: quadratics,
  slots: { gradient: "top-k:k=4", shift: "rand-k:k=4" },
  start: new Float64Array(12).fill(3),
  rounds: 60000,
  expect: { linear: 1e-20 },
};
