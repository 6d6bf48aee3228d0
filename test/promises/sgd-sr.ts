import { sources, steady } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2 + gamma D/mu, D = 2 mean E|^g_i - grad f_i|^2/n at x*",
  problem: rows,
  rounds: 1000,
  expect: {
    plateau: {
      bound: steady(sources.sgd),
      halving: [1.6, 2.7],
    },
  },
};
