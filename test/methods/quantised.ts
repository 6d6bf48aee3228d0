/** The neighbourhood of quantised SGD without memory, with both of its terms (dqgd.ts). */
import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { build, squares } from "../run/harness.ts";
import { spread } from "./compensated.ts";
import { floor, mean, optimalShifts } from "./conformance.ts";
import { rowsRidge } from "./problems.ts";

export function testNeighbourhood(method: Method, gradient: string, estimator?: string): void {
  test(`${method.name}: noise and differences make theory's neighbourhood, and half the step halves it`, async () => {
    const problem = rowsRidge();
    const zeta = mean(optimalShifts(problem).map(squares));
    const sigma = estimator ? spread(problem, true) : 0;
    const found: number[] = [];
    for (const factor of [1, 0.5]) {
      const settings = { method, problem, slots: { gradient }, options: { gamma: { theory: factor } } };
      const { options, facts, n } = build(settings);
      const omega = facts.omega("gradient")[0]!;
      const radius = ((options.gamma / facts.mu) * 2 * (omega * zeta + (1 + omega) * sigma)) / n;
      const value = await floor(settings, 300 / factor, 900 / factor);
      expect(value).toBeLessThan(radius);
      expect(value).toBeGreaterThan(1e-3 * radius);
      found.push(value);
    }
    expect(found[0]! / found[1]!).toBeGreaterThan(1.5);
    expect(found[0]! / found[1]!).toBeLessThan(2.8);
  });
}
