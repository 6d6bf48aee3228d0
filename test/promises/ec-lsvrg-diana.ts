import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V contracts by 1 - min(gamma mu/2, delta/4, alpha/2, rho/2), V of compensated.ts",
  problem: rows,
  slots: { gradient: "top-k:k=4", shift: "rand-k:k=4" },
  start: new Float64Array(12).fill(3),
  rounds: 90000,
  expect: { linear: 1e-20 },
};
