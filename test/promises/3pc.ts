import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

const common = {
  text: "V = f - f* + (gamma/A) mean|g_i - grad f_i|^2 contracts by 1 - gamma mu",
  problem: quadratics,
  rounds: 6000,
  expect: { linear: 1e-20 },
} as const;

export const promise: readonly MethodPromise[] = [
  { ...common, slots: { map: "clag:zeta=2,of=(top-k:k=6)" } },
  { ...common, slots: { map: "3pcv2:unbiased=(rand-k:k=3),of=(top-k:k=6)" } },
];
