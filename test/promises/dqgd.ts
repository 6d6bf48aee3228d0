import { sources, steady } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

const shared = { problem: rows, slots: { gradient: "rand-k:k=4" }, rounds: 1200 };
const expect = { plateau: { bound: steady(sources.quantised), halving: [1.6, 2.7] as const } };

export const promise: MethodPromise[] = [
  {
    ...shared,
    text: "E|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2 + (2 gamma/mu)(omega/n) zeta*^2",
    expect,
  },
  {
    ...shared,
    text: "with estimates: ... + (2 gamma/(mu n))((1 + omega) sigma^2 + omega zeta*^2)",
    estimator: "mini-batch",
    expect,
  },
];
