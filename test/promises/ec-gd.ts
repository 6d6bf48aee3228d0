import { differences } from "../methods/measures.ts";
import { compensated } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "as ef: V ends below 48 L gamma^3 zeta*^2/(delta^2 min(gamma mu/2, delta/4)); falls as gamma^2",
  problem: quadratics,
  slots: { gradient: "biased-rand-k:k=4" },
  rounds: 1500,
  expect: {
    plateau: {
      bound: compensated("gradient", differences(quadratics.make())),
      atLeast: 1e-4,
      halving: [3.2, 5],
    },
  },
};
