import type { MethodPromise } from "./contract.ts";
import { rows } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E[f - f* + (gamma/p)|g - grad f|^2] contracts by 1 - gamma mu",
  problem: rows,
  slots: { gradient: "rand-k:k=4" },
  start: new Float64Array(12).fill(3),
  rounds: 6000,
  expect: { linear: 1e-20 },
};
