import { late, sources } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "|x~ - x*|^2 ends below (gamma^2 + 6 L gamma^3 tau^2) D/min(gamma mu/2, 1/(2 tau)), D of the noise",
  problem: rows,
  options: { tau: 3 },
  rounds: 1000,
  expect: {
    plateau: {
      bound: late(sources.sgd),
      halving: [1.6, 2.7],
    },
  },
};
