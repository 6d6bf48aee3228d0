import { differences } from "../methods/measures.ts";
import { compensated } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "V of compensated.ts ends below (gamma^2 D1/n + 2F (D1 + zeta*^2))/min(gamma mu/2, delta/4), F = 24 L gamma^3/delta^2",
  problem: rows,
  slots: { gradient: "biased-rand-k:k=4" },
  rounds: 1500,
  expect: {
    plateau: {
      bound: compensated("gradient", differences(rows.make())),
      atLeast: 1e-4,
      halving: [1.6, 3.5],
    },
  },
};
