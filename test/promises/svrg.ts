import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "over a loop of l steps E V contracts by max(q^l, S/(2 l q^(l-1))), q = 1 - gamma mu, S = 1 + .. + q^(l-1), V of estimators/svrg.ts",
  problem: rows,
  start: new Float64Array(12).fill(3),
  rounds: 4000,
  expect: { linear: 1e-20 },
};
