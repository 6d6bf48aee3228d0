import { sources, steady } from "./bounds.ts";
import type { MethodPromise } from "./contract.ts";
import { quadratics, rows } from "./problems.ts";

const slots = { gradient: "rand-k:k=4", step: "rand-k:k=6" };

export const promise: MethodPromise[] = [
  {
    text: "E V^k <= (1 - c)^k V^0 + (1 + omega_s)(1 + 6 omega) gamma^2 D1/(n c), V = |x - x*|^2 + (1 + omega_s) M gamma^2 mean|h_i - h_i*|^2, c = min(gamma mu, alpha/2)",
    problem: rows,
    slots,
    rounds: 1200,
    expect: {
      plateau: {
        bound: (run) => (1 + run.facts.omega("step")[0]!) * steady(sources.diana)(run),
        halving: [1.6, 2.7],
      },
    },
  },
  {
    text: "with exact gradients E V^k <= (1 - c)^k V^0",
    problem: quadratics,
    slots,
    estimator: "full",
    rounds: 2500,
    expect: { linear: 1e-20 },
  },
];
