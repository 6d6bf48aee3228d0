import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

const text = "E V^k <= max(1 - gamma mu, 1 - lambda/2)^k V^0, V = |x - x*|^2 + M gamma^2 mean|h_i - h_i*|^2";
const linear = { problem: quadratics, expect: { linear: 1e-20 } };

export const promise: MethodPromise[] = [
  { ...linear, text, slots: { gradient: "rand-k:k=3", shift: "natural" }, rounds: 1200 },
  { ...linear, text: `R takes part at random: ${text}`, slots: { gradient: "bernoulli:p=0.3" }, rounds: 1200 },
  {
    ...linear,
    text: "rho < 1: E V contracts by max(1 - gamma mu, (1 + r)/2), V of murana.ts",
    slots: { gradient: "rand-k:k=3", shift: "natural" },
    options: { rho: 0.6 },
    rounds: 2000,
  },
];
