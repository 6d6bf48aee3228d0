import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V contracts by max(1 - gamma mu, 1 - theta1/2, 1 - p theta1/(1 + theta1), 1 - alpha/4), V of adiana-plus.ts",
  problem: quadratics,
  slots: { gradient: "smooth:of=(rand-k:k=6)" },
  rounds: 6000,
  expect: { linear: 1e-20 },
};
