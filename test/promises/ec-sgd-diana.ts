import { differences } from "../methods/measures.ts";
import { compensated } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "V ends below (gamma^2 D1/n + 6F D1)/min(gamma mu/2, delta/4, alpha/2): differences between workers do not matter",
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
