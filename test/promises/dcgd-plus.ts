import { optimalShifts } from "../methods/measures.ts";
import { dualNorms } from "../methods/smooth.ts";
import type { MethodPromise } from "./contract.ts";
import { alike, quadratics } from "./problems.ts";

const slots = { gradient: "smooth:of=(rand-k:k=3)" };

export const promise: MethodPromise[] = [
  {
    text: "E|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2 + (2 gamma/mu) mean(scriptL_i |h_i*|^2)/n, |.| in the norm of L_i^-1",
    problem: quadratics,
    slots,
    rounds: 1500,
    expect: {
      plateau: {
        bound({ options, facts, n }) {
          const problem = quadratics.make();
          const norms = dualNorms(problem);
          const all = facts.smooth("gradient");
          const noise = optimalShifts(problem).map((h, i) => all[i]!.scriptL * norms[i]!(h));
          return ((2 * options.gamma) / facts.mu) * (noise.reduce((a, b) => a + b, 0) / n / n);
        },
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
];
