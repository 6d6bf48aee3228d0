import { fixedPoint } from "../methods/fixed-points.ts";
import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

const text =
  "E V^k <= max(1 - eta a, 1 - alpha/2)^k V^0, V = |x - x*|^2 + (4 omega eta^2/(alpha n)) mean|h_i - T_i(x*)|^2";
const shared = { problem: quadratics, slots: { gradient: "rand-k:k=4" }, expect: { linear: 1e-20 } };

export const promise: MethodPromise[] = [
  { ...shared, text, rounds: 1500 },
  {
    ...shared,
    text: `T_i = prox of f_i, x* their mean's fixed point: ${text}`,
    options: { map: "prox", gamma: 0.4 },
    rounds: 1500,
    optimum: (problem) => fixedPoint(problem, "prox", 0.4),
  },
];
