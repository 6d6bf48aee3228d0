import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V^k <= max(1 - gamma mu, 1 - k/(2d))^k V^0, V = |x - x*|^2 + M gamma^2 mean|h_i - h_i*|^2",
  problem: quadratics,
  slots: { gradient: "rand-k:k=1" },
  rounds: 2500,
  expect: { linear: 1e-20 },
};
