import type { IterateOptions } from "../../src/methods/gdci.ts";
import { mean, optimalShifts } from "../methods/measures.ts";
import { squares } from "../run/harness.ts";
import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E|x - x*|^2 <= (1 - eta)^k |x0 - x*|^2 + (2 eta omega/n) mean|x* - gamma grad f_i(x*)|^2; halving eta halves it",
  problem: quadratics,
  slots: { gradient: "rand-k:k=3" },
  rounds: 1500,
  expect: {
    plateau: {
      bound({ options, facts, n }) {
        const { gamma, eta } = options as IterateOptions;
        const problem = quadratics.make();
        const optimum = problem.optimum();
        const targets = optimalShifts(problem).map((h) => squares(optimum.map((v, j) => v - gamma * h[j]!)));
        return ((2 * eta * facts.omega("gradient")[0]!) / n) * mean(targets);
      },
      halving: [1.6, 2.7],
      halved: ({ options }) => ({ gamma: options.gamma, eta: (options as IterateOptions).eta / 2 }),
    },
  },
};
