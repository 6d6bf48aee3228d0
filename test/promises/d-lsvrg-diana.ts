import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V contracts by 1 - min(gamma mu/2, 1/(2 tau), alpha/4, rho/4), V of variant.ts",
  problem: rows,
  slots: { gradient: "rand-k:k=4" },
  start: new Float64Array(12).fill(3),
  options: { tau: 3 },
  rounds: 60000,
  expect: { linear: 1e-20 },
};
