import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { ssdm } from "../../src/methods/ssdm.ts";
import { build } from "../run/harness.ts";
import { small, testMethod } from "./conformance.ts";
import { quadratic, scattered } from "./problems.ts";
import { testTracked } from "./tracked.ts";

const slots = { gradient: "raw-stochastic-sign" };
const method = ssdm as Method;
testMethod(method, { slots });
testMethod({ ...method, name: "ssdm, estimates", estimator: "mini-batch" }, { slots: { gradient: "stochastic-sign" } });
testTracked({ method, problem: small(), slots, options: { gamma: 0.01 } });

test("ssdm: the sum of the signs is what comes down, in ceil(lg(n + 1)) bits an entry", async () => {
  for (const [n, bits] of [
    [1, 1],
    [3, 2],
    [4, 3],
    [7, 3],
    [8, 4],
  ] as const) {
    const run = build({ method, problem: quadratic(n, 40), slots, options: { gamma: 1 } });
    const seen = new Set<number>();
    for (let k = 0; k < 11; ++k) {
      const before = await run.x();
      await run.play(1);
      for (const [j, v] of (await run.x()).entries()) {
        const sum = (before[j]! - v) * n;
        expect(sum).toBeCloseTo(Math.round(sum), 9);
        expect(Math.abs(Math.round(sum) % 2)).toBe(n % 2);
        expect(Math.abs(Math.round(sum))).toBeLessThanOrEqual(n);
        seen.add(Math.round(sum));
      }
    }
    expect(seen.size).toBeGreaterThan(Math.min(n, 5));
    expect(run.server.ledger.uplinkBits).toBe(11 * 40);
    expect(run.server.ledger.downlinkBits).toBe(40 * 64 + 10 * 40 * bits);
  }
});

test("ssdm: momentum is the average that the header says", async () => {
  const problem = small();
  const run = build({ method, problem, slots, options: { beta: 0.75 } });
  const oracle = problem.oracle(run.ops, 2);
  const [x, g] = [run.ops.vec(12), run.ops.vec(12)];
  let m: Float64Array | undefined;
  for (let k = 0; k < 20; ++k) {
    x.view.set(await run.x());
    oracle.gradient(x, g);
    m = Float64Array.from(g.view, (v, j) => (m ? 0.75 * m[j]! + 0.25 * v : v));
    await run.play(1);
    await run.rounds.snapshot();
    for (const [j, v] of run.network.hosts[2]!.state.vec("m").view.entries()) expect(v).toBeCloseTo(m[j]!, 10);
  }
});

test("ssdm: normalised directions go to the median, not the mean, where workers differ", async () => {
  const run = build({ method, problem: scattered([-1, -1, 2]), slots, options: { K: 10_000 } });
  await run.play(10_000);
  expect(Math.abs((await run.x())[0]! + 1)).toBeLessThan(0.1);
});

test("ssdm: K sets the step and the momentum", () => {
  const { options } = build({ method, problem: small(), slots, options: { K: 10_000 } });
  expect(options.gamma).toBeCloseTo(1e-3, 15);
  expect((options as { beta?: number }).beta).toBeCloseTo(0.99, 15);
});
