import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V contracts by 1 - min(gamma mu, rho/2), V = |x - x*|^2 + (2B/rho) gamma^2 s^2/n",
  problem: rows,
  start: new Float64Array(12).fill(3),
  rounds: 9000,
  expect: { linear: 1e-20 },
};
