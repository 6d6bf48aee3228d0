import { differences } from "../methods/measures.ts";
import { compensated } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "V ends below 2F zeta*^2/min(gamma mu/2, delta/4, rho/2): only differences between workers matter; falls as gamma^2",
  problem: rows,
  slots: { gradient: "biased-rand-k:k=4" },
  rounds: 1500,
  expect: {
    plateau: {
      bound: compensated("gradient", differences(rows.make())),
      atLeast: 1e-5,
      halving: [3.2, 5],
    },
  },
};
