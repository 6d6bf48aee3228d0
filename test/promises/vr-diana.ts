import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

const shared = {
  problem: rows,
  slots: { gradient: "rand-k:k=4" },
  start: new Float64Array(12).fill(3),
  rounds: 20000,
  expect: { linear: 1e-20 },
};

export const promise: MethodPromise[] = [
  { ...shared, text: "E V contracts by 1 - min(gamma mu, alpha/2, rho/2), V of vr-diana.ts" },
  { ...shared, text: "the same with SAGA's estimates", estimator: "saga" },
];
