import { expect, test } from "vitest";
import { gdci } from "../../src/methods/gdci.ts";
import { build, squares } from "../run/harness.ts";
import { floor, mean, optimalShifts, small, testMethod } from "./conformance.ts";

const slots = { gradient: "rand-k:k=3" };
const eta = (options: object) => (options as { eta: number }).eta;
testMethod(gdci, { slots, descent: (run) => run.options.gamma * eta(run.options) });

test("gdci: the neighbourhood is theory's, and half of eta halves it", async () => {
  const problem = small();
  const optimum = problem.optimum();
  const best = optimalShifts(problem);
  const theory = build({ method: gdci, problem, slots }).options;
  expect(theory.gamma).toBeCloseTo(1 / problem.smoothness().mu, 12);
  const found: number[] = [];
  for (const factor of [1, 0.5]) {
    const options = { gamma: theory.gamma, eta: factor * eta(theory) };
    const distance = mean(best.map((h) => squares(optimum.map((v, j) => v - theory.gamma * h[j]!))));
    const radius = ((2 * options.eta * 3) / 6) * distance;
    const value = await floor({ method: gdci, problem, slots, options }, 300, 1500);
    expect(value).toBeLessThan(radius);
    expect(value).toBeGreaterThan(1e-3 * radius);
    found.push(value);
  }
  expect(found[0]! / found[1]!).toBeGreaterThan(1.6);
  expect(found[0]! / found[1]!).toBeLessThan(2.7);
});
