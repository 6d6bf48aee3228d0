import { lipschitzOf } from "../../src/methods/fixed-point-maps.ts";
import type { FixedPointOptions } from "../../src/methods/fpci.ts";
import { imagesOf } from "../methods/fixed-points.ts";
import { mean } from "../methods/measures.ts";
import { squares } from "../run/harness.ts";
import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E|x - x*|^2 <= (1 - eta a)^k |x0 - x*|^2 + (2 eta omega/(n a)) mean|T_i(x*)|^2, a = 1 - q; halving eta halves it",
  problem: quadratics,
  slots: { gradient: "rand-k:k=4" },
  rounds: 1500,
  expect: {
    plateau: {
      bound({ options, facts, n }) {
        const { gamma, eta, map } = options as FixedPointOptions;
        const problem = quadratics.make();
        const targets = imagesOf(problem, map, gamma)(problem.optimum()).map(squares);
        const a = 1 - lipschitzOf("fpci", map, gamma, facts).q;
        return ((2 * eta * facts.omega("gradient")[0]!) / (n * a)) * mean(targets);
      },
      halving: [1.6, 2.7],
      halved: ({ options }) => ({ gamma: options.gamma, eta: (options as FixedPointOptions).eta / 2 }),
    },
  },
};
