import { sources, steady } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2 + (2 gamma/(mu n))((1 + omega) sigma^2 + omega zeta*^2)",
  problem: rows,
  slots: { gradient: "ternary" },
  rounds: 1200,
  expect: { plateau: { bound: steady(sources.quantised), halving: [1.6, 2.7] } },
};
