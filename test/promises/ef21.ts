import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "V = f - f* + (gamma/theta) mean|g_i - grad f_i|^2 contracts by 1 - gamma mu",
  problem: quadratics,
  slots: { gradient: "top-k:k=6" },
  rounds: 4000,
  expect: { linear: 1e-20 },
};
