/** What the methods of integers.ts are held to: their Lyapunov function, the integers themselves, and the traffic. */
import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import type { IntegerMethodOptions } from "../../src/methods/integers.ts";
import { build, distance2 } from "../run/harness.ts";
import { averageBelow, small, testMethod } from "./conformance.ts";

export function testIntegers(given: Method<IntegerMethodOptions>): void {
  const method = given as Method;
  testMethod(method, { slots: {} });
  testMethod({ ...method, name: `${method.name}, 8 bits, estimates`, estimator: "mini-batch" } as Method, {
    slots: {},
    settings: { options: { bits: 8 } },
  });

  test(`${method.name}: the Lyapunov function falls as theory says`, async () => {
    const problem = small();
    const optimum = problem.optimum();
    const epsilon = 1e-3;
    await averageBelow(
      { method, problem, start: new Float64Array(12).fill(3), options: { epsilon } },
      150,
      (run, { x }) => distance2(x, optimum) + (2 / 0.1) * run.rounds.state.scalar("r").value,
      ({ options: { gamma }, facts, n }, k, first) => {
        const rate = Math.min(gamma * facts.mu, 0.1 / 4);
        return (1 - rate) ** k * first + (3 * gamma ** 2 * epsilon ** 2) / (4 * n * rate);
      },
    );
  });

  test(`${method.name}: one dense round, then m bits an entry up and x and 64 bits down`, async () => {
    for (const bits of [8, 16, 32]) {
      const run = build({ method, problem: small(), options: { bits } });
      await run.play(11);
      expect(run.server.ledger.uplinkBits).toBe(12 * 64 + 10 * 12 * bits);
      expect(run.server.ledger.downlinkBits).toBe(11 * 12 * 64 + 10 * 64);
    }
    expect(() => build({ method, problem: small(), options: { bits: 12 } })).toThrow(
      /bits must be 8, 16 or 32, got 12/,
    );
  });
}
