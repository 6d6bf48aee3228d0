import { mean, optimalShifts } from "../methods/measures.ts";
import { distance2 } from "../run/harness.ts";
import type { MethodPromise } from "./contract.ts";
import { quadratics } from "./problems.ts";

const optimum = quadratics.make().optimum();

export const promise: MethodPromise = {
  text: "E|x - x*|^2 <= (1 - gamma mu)^k |x0 - x*|^2 + (2 gamma/mu)(omega/n) mean|grad f_i(x*) - h_i|^2, h_i = grad f_i(x0)",
  problem: quadratics,
  slots: { gradient: "rand-k:k=3" },
  start: optimum.map((v, j) => v + Math.cos(j)), // at x* the shifts would be the optimal ones
  rounds: 1500,
  expect: {
    plateau: {
      bound({ options, facts, network, n }) {
        const shifts = network.hosts.map((host) => host.state.vec("h").view);
        const apart = mean(optimalShifts(quadratics.make()).map((h, i) => distance2(shifts[i]!, h)));
        return ((2 * options.gamma) / facts.mu) * (facts.omega("gradient")[0]! / n) * apart;
      },
      halving: [1.6, 2.7],
    },
  },
};
