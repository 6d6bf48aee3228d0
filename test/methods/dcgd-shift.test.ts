import { expect, test } from "vitest";
import { dcgdShift } from "../../src/methods/dcgd-shift.ts";
import { build, distance2 } from "../run/harness.ts";
import { floor, mean, optimalShifts, small, testMethod } from "./conformance.ts";

const slots = { gradient: "rand-k:k=3" };
testMethod(dcgdShift, { slots, descent: (run) => run.options.gamma });

test("dcgd-shift: the neighbourhood is theory's, and half the step size halves it", async () => {
  const problem = small();
  const { dim, workers: n } = problem;
  const optimum = problem.optimum();
  const best = optimalShifts(problem);
  // from x* the shifts would be the optimal ones: start one away, so that h_i = grad f_i(x0) differs
  const start = optimum.map((v, j) => v + Math.cos(j));
  const found: number[] = [];
  for (const factor of [1, 0.5]) {
    const options = { gamma: { theory: factor } };
    let sum = 0;
    let radius = 0;
    for (let seed = 1; seed <= 4; ++seed) {
      const run = build({ method: dcgdShift, problem, slots, options, start, seed });
      await run.play(300);
      const shifts = run.network.hosts.map((host) => host.state.vec("h").view);
      radius = ((2 * run.options.gamma) / run.facts.mu) * 3 * mean(shifts.map((h, i) => distance2(h, best[i]!) / n));
      for (let k = 0; k < 1500; ++k) {
        await run.play(1);
        sum += distance2(await run.x(), optimum) / 6000;
      }
    }
    expect(sum).toBeLessThan(radius);
    expect(sum).toBeGreaterThan(1e-3 * radius);
    found.push(sum);
  }
  expect(found[0]! / found[1]!).toBeGreaterThan(1.6);
  expect(found[0]! / found[1]!).toBeLessThan(2.7);
  expect(dim).toBe(12);
});

test("dcgd-shift: from x* the shifts are the optimal ones and x stays", async () => {
  const problem = small();
  expect(await floor({ method: dcgdShift, problem, slots }, 0, 50)).toBeLessThan(1e-24);
});

test("dcgd-shift: d elements more in the first round only", async () => {
  const run = build({ method: dcgdShift, problem: small(), slots });
  await run.play(1);
  expect(run.server.ledger.uplinkBits).toBe(64 * 12 + 32 + 3 * 64);
  await run.play(1);
  expect(run.server.ledger.uplinkBits).toBe(64 * 12 + 2 * (32 + 3 * 64));
});
