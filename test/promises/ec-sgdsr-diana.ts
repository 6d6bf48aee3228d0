import { differences } from "../methods/measures.ts";
import { compensated } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "as ec-sgd-diana, with the noise of importance sampling",
  problem: rows,
  slots: { gradient: "biased-rand-k:k=4", shift: "rand-k:k=4" },
  rounds: 1500,
  expect: {
    plateau: {
      bound: compensated("learnt", differences(rows.make())),
      atLeast: 1e-4,
      halving: [1.6, 3.5],
    },
  },
};
