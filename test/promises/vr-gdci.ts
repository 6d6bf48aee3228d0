import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V^k <= max(1 - eta, 1 - alpha/2)^k V^0, V = |x - x*|^2 + (4 omega eta^2/(alpha n)) mean|h_i - T_i(x*)|^2",
  problem: quadratics,
  slots: { gradient: "rand-k:k=3" },
  rounds: 2000,
  expect: { linear: 1e-20 },
};
