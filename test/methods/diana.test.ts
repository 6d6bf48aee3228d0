import { expect, test } from "vitest";
import { type DianaOptions, diana } from "../../src/methods/diana.ts";
import { build, distance2 } from "../run/harness.ts";
import { averageBelow, mean, optimalShifts, small, testMethod } from "./conformance.ts";
import { paperRidge } from "./problems.ts";

testMethod(diana, {
  slots: { gradient: "rand-k:k=3", shift: "top-k:k=2" },
  descent: (run) => run.options.gamma,
  linear: {
    "rand-k": { slots: { gradient: "rand-k:k=3" }, rounds: 900 },
    "rand-k after top-k": { slots: { gradient: "rand-k:k=3", shift: "top-k:k=3" }, rounds: 900 },
  },
});

for (const [label, slots, delta] of [
  ["C = 0", { gradient: "rand-k:k=3" }, 0],
  ["C = top-k", { gradient: "rand-k:k=3", shift: "top-k:k=4" }, 4 / 12],
] as const) {
  test(`diana, ${label}: the Lyapunov function falls as theory says`, async () => {
    const problem = small();
    const optimum = problem.optimum();
    const best = optimalShifts(problem);
    const omega = 3 * (1 - delta);
    await averageBelow(
      { method: diana, problem, slots, start: new Float64Array(12).fill(3) },
      120,
      ({ options, n }, { x, state }) => {
        const { gamma, alpha } = options as typeof options & { alpha: number };
        const M = (4 * omega) / (n * alpha);
        return distance2(x, optimum) + M * gamma * gamma * mean(best.map((h, i) => distance2(state(i, "h"), h)));
      },
      ({ options, facts }, k, first) => {
        const { gamma, alpha } = options as typeof options & { alpha: number };
        return Math.max(1 - gamma * facts.mu, 1 - alpha / 2) ** k * first;
      },
    );
  });
}

test("diana: a biased part makes theory's step larger, and the options have their ranges", () => {
  const problem = paperRidge();
  const plain = build({ method: diana, problem, slots: { gradient: "rand-k:ratio=0.1" } });
  const general = build({ method: diana, problem, slots: { gradient: "rand-k:ratio=0.1", shift: "top-k:ratio=0.1" } });
  expect(general.options.gamma / plain.options.gamma).toBeGreaterThan(1.05);
  expect(general.options.gamma / plain.options.gamma).toBeLessThan(1.2);
  expect((plain.options as { alpha?: number }).alpha).toBeCloseTo(0.1, 12);
  expect(() => build({ method: diana, problem, slots: { gradient: "identity" }, options: { alpha: 1.5 } })).toThrow(
    /diana: alpha must be in \(0, 1\], got 1.5/,
  );
});

test("diana: a shift compressor that is not contractive counts with its own variance", () => {
  const problem = small();
  const options = (shift: string) =>
    build({ method: diana, problem, slots: { gradient: "rand-k:k=3", shift } }).options as DianaOptions;
  expect(options("zero").alpha).toBeCloseTo(1 / (1 + 3), 14);
  expect(options("top-k:k=3").alpha).toBeCloseTo(1 / (1 + 3 * 0.75), 14);
  expect(options("natural").alpha).toBeCloseTo(1 / (1 + 3 / 8), 14);
  expect(options("rand-k:k=1").alpha).toBeCloseTo(1 / (1 + 3 * 11), 14); // not 1/(1 + 3): E|C(u) - u|^2 is 11 |u|^2
  expect(() => options("raw-sign")).toThrow(/slot shift: theory needs/);
});
