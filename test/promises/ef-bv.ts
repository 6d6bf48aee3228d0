import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "V = f - f* + gamma r_av/(2s(1 + s)r) mean|h_i - grad f_i|^2 contracts by max(1 - gamma mu, (1 + r)/2)",
  problem: quadratics,
  slots: { gradient: "biased-rand-k:k=6" },
  rounds: 6000,
  expect: { linear: 1e-20 },
};
