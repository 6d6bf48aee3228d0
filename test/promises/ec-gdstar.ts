import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "V = |x~ - x*|^2 + c mean|e_i|^2 contracts by 1 - min(gamma mu/2, delta/4)",
  problem: quadratics,
  slots: { gradient: "top-k:k=4" },
  start: new Float64Array(12).fill(3),
  rounds: 30000,
  expect: { linear: 1e-20 },
};
