import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2: the optimal shifts leave no variance at x*",
  problem: quadratics,
  slots: { gradient: "rand-k:k=3", shift: "top-k:k=3" },
  rounds: 900,
  expect: { linear: 1e-20 },
};
