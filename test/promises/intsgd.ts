import { largest } from "../methods/measures.ts";
import type { MethodPromise } from "./contract.ts";
import { alike, quadratics } from "./problems.ts";

export const promise: MethodPromise[] = [
  {
    text: "E V^k <= (1 - c)^k V^0 up to O(epsilon^2), V = |x - x*|^2 + 2r/(1 - beta), c = min(gamma mu, (1 - beta)/4); bits = 8 suffice when every grad f_i(x*) = 0",
    problem: alike,
    options: { bits: 8, epsilon: 1e-12 },
    shown: { bits: 32 }, // workers differ there
    rounds: 1200,
    expect: { linear: 1e-20 },
  },
  {
    text: "where workers differ at x* the integers grow as 1/|x+ - x|",
    problem: quadratics,
    rounds: 400,
    expect: {
      async check(run) {
        const sizes = await largest(run, quadratics.make(), 400);
        const [first, last] = [sizes[0]!, sizes.at(-1)!];
        if (!(last > 1e3 * first)) throw new Error(`the largest integer is ${last}, at first ${first}`);
        return `largest integer ${first.toFixed(0)} at first, ${last.toExponential(1)} after 400 rounds`;
      },
    },
  },
];
