import { test } from "vitest";
import { type VrGdciOptions, vrGdci } from "../../src/methods/vr-gdci.ts";
import { distance2 } from "../run/harness.ts";
import { averageBelow, mean, optimalShifts, small, testMethod } from "./conformance.ts";

const slots = { gradient: "rand-k:k=3" };
testMethod(vrGdci, {
  slots,
  descent: (run) => run.options.gamma * (run.options as VrGdciOptions).eta,
  linear: { "rand-k": { slots, rounds: 1200 } },
});

test("vr-gdci: the Lyapunov function falls as theory says", async () => {
  const problem = small();
  const optimum = problem.optimum();
  const best = optimalShifts(problem);
  await averageBelow(
    { method: vrGdci, problem, slots, start: new Float64Array(12).fill(3) },
    120,
    ({ options, n }, { x, state }) => {
      const { gamma, eta, alpha } = options as VrGdciOptions;
      const shifts = best.map((h, i) => {
        const target = optimum.map((v, j) => v - gamma * h[j]!);
        return distance2(state(i, "h"), target);
      });
      return distance2(x, optimum) + ((4 * 3 * eta * eta) / (alpha * n)) * mean(shifts);
    },
    ({ options }, k, first) => {
      const { eta, alpha } = options as VrGdciOptions;
      return Math.max(1 - eta, 1 - alpha / 2) ** k * first;
    },
  );
});
