import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise[] = (["nice", "single", "independent"] as const).map((sampling) => ({
  text: `${sampling} sampling: E V contracts by 1 - min(gamma mu, min p_j/2), V of estimators/jacsketch.ts`,
  problem: rows,
  estimator: { name: "jacsketch", sampling, batch: sampling === "single" ? 1 : 3 },
  start: new Float64Array(12).fill(3),
  rounds: 4000,
  expect: { linear: 1e-20 },
}));
