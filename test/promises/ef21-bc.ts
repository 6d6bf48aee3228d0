import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "V = f - f* + a mean|g_i - grad f_i|^2 + (2 gamma/theta_M)|b - g|^2 contracts by 1 - gamma mu",
  problem: quadratics,
  slots: { gradient: "top-k:k=6", model: "top-k:k=6" },
  rounds: 9000,
  expect: { linear: 1e-20 },
};
