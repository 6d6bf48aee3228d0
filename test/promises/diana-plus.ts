import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

export const promise: MethodPromise = {
  text: "E V contracts by max(1 - gamma mu, 1 - alpha/2), V = |x - x*|^2 + (4 scriptL gamma^2/(n alpha)) mean|h_i - h_i*|^2 in the norm of L_i^-1",
  problem: quadratics,
  slots: { gradient: "smooth:of=(rand-k:k=3)" },
  rounds: 1500,
  expect: { linear: 1e-20 },
};
