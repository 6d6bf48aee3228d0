import { late, sources } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "as d-sgd, with D = (1 + 6 omega) D1/n: differences between workers do not matter",
  problem: rows,
  slots: { gradient: "rand-k:k=4" },
  options: { tau: 3 },
  rounds: 1200,
  expect: {
    plateau: {
      bound: late(sources.diana),
      atLeast: 1e-4,
      halving: [1.6, 2.7],
    },
  },
};
