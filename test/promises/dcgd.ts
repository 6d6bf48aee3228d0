import { differences } from "../methods/measures.ts";
import type { MethodPromise } from "./contract.ts";
import { alike, quadratics, top1 } from "./problems.ts";

const slots = { gradient: "rand-k:k=3" };

export const promise: MethodPromise[] = [
  {
    text: "E|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2 + (2 gamma/mu)(omega/n) zeta*^2",
    problem: quadratics,
    slots,
    rounds: 1500,
    expect: {
      plateau: {
        bound: ({ options, facts, n }) =>
          ((2 * options.gamma) / facts.mu) * (facts.omega("gradient")[0]! / n) * differences(quadratics.make()),
        halving: [1.6, 2.7],
      },
    },
  },
  {
    text: "E|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2 when every grad f_i(x*) = 0",
    problem: alike,
    slots,
    rounds: 1200,
    expect: { linear: 1e-20 },
  },
  {
    text: "with top-1 instead of an unbiased compressor x^k = (1 + 11 gamma/6)^k x0: diverges for every gamma > 0",
    problem: top1,
    slots: { gradient: "top-k:k=1" },
    options: { gamma: 0.05 },
    rounds: 400,
    expect: { diverges: { factor: 1e6, exactly: (_run, k) => (1 + (11 * 0.05) / 6) ** (2 * k) } },
  },
];
