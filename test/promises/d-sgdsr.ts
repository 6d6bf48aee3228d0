import { late, sources } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "as d-sgd, with the noise of importance sampling",
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
