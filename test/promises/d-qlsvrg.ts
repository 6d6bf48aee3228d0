import { late, sources } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "as d-qsgd without the noise: D = (2 omega/n) zeta*^2",
  problem: rows,
  slots: { gradient: "rand-k:k=4" },
  options: { tau: 3 },
  rounds: 1200,
  expect: {
    plateau: {
      bound: late(sources.compressed),
      halving: [1.6, 2.7],
    },
  },
};
