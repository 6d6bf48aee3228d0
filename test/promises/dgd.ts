import { squares } from "../run/harness.ts";
import type { MethodPromise } from "./contract.ts";
import { flat, quadratics } from "./problems.ts";

const start = new Float64Array(12).fill(3);

export const promise: MethodPromise[] = [
  {
    text: "|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2, gamma = 1/L",
    problem: quadratics,
    rounds: 400,
    expect: { linear: 1e-20 },
  },
  {
    text: "without strong convexity f(x^K) - f* <= |x0 - x*|^2/(2 gamma K)",
    problem: flat,
    start,
    rounds: 8,
    expect: {
      sublinear: {
        of: "gap",
        seeds: 1,
        bound({ options }, rounds) {
          const optimum = flat.make().optimum();
          return squares(start.map((v, j) => v - optimum[j]!)) / (2 * options.gamma * rounds);
        },
      },
    },
  },
];
