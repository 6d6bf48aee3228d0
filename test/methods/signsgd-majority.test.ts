import { expect, test } from "vitest";
import { signsgdMajority } from "../../src/methods/signsgd-majority.ts";
import { build, distance2 } from "../run/harness.ts";
import { small, testMethod } from "./conformance.ts";
import { quadratic, scattered } from "./problems.ts";
import { testTracked } from "./tracked.ts";

const slots = { gradient: "raw-sign" };
testMethod(signsgdMajority, { slots });
testMethod(
  { ...signsgdMajority, name: "signsgd-majority, stochastic signs" },
  { slots: { gradient: "stochastic-sign" } },
);
testTracked({ method: signsgdMajority, problem: small(), slots, options: { gamma: 0.01 } });

test("signsgd-majority: every coordinate moves by exactly gamma, against the vote", async () => {
  const problem = small();
  const gamma = 2 ** -7; // sums of it are exact
  const run = build({ method: signsgdMajority, problem, slots, options: { gamma } });
  const oracles = Array.from({ length: 6 }, (_, i) => problem.oracle(run.ops, i));
  const [at, g] = [run.ops.vec(12), run.ops.vec(12)];
  for (let k = 0; k < 100; ++k) {
    const before = await run.x();
    const minus = new Float64Array(12);
    at.view.set(before);
    for (const oracle of oracles) {
      oracle.gradient(at, g);
      for (const [j, v] of g.view.entries()) minus[j]! += v < 0 ? 1 : 0;
    }
    await run.play(1);
    expect(await run.x()).toEqual(before.map((v, j) => v + (minus[j]! > 3 ? gamma : -gamma)));
  }
});

test("signsgd-majority: d bits up, and x once and then d bits down", async () => {
  const run = build({ method: signsgdMajority, problem: quadratic(3, 40), slots });
  await run.play(11);
  expect(run.server.ledger.uplinkBits).toBe(11 * 40);
  expect(run.server.ledger.downlinkBits).toBe(40 * 64 + 10 * 40);
});

test("signsgd-majority: it ends within gamma of x* in every coordinate where the f_i are alike and separable, and no nearer", async () => {
  const problem = quadratic(3, 12, { heterogeneity: 0, rotate: false });
  const optimum = problem.optimum();
  for (const gamma of [0.1, 0.05, 0.025]) {
    const run = build({ method: signsgdMajority, problem, slots, options: { gamma } });
    await run.play(2000);
    let far = 0;
    for (let k = 0; k < 40; ++k) {
      await run.play(1);
      const x = await run.x();
      for (const [j, v] of x.entries()) expect(Math.abs(v - optimum[j]!)).toBeLessThan(gamma * (1 + 1e-9));
      far = Math.max(far, distance2(x, optimum));
    }
    expect(Math.sqrt(far)).toBeGreaterThan(0.3 * gamma * Math.sqrt(12));
  }
});

test("signsgd-majority: the vote goes to the median, whatever the step: skewed workers stall it", async () => {
  for (const gamma of [0.1, 0.01]) {
    const run = build({ method: signsgdMajority, problem: scattered([-1, -1, 2]), slots, options: { gamma } });
    await run.play(1000);
    expect(Math.abs((await run.x())[0]! + 1)).toBeLessThan(1.01 * gamma);
  }
});

test("signsgd-majority: compressors must send sign planes; K is a number of rounds", async () => {
  const run = build({ method: signsgdMajority, problem: small(), slots: { gradient: "natural" } });
  expect(() => run.server.play()).toThrow(/must send a sign plane, got natural/);
  expect(() => build({ method: signsgdMajority, problem: small(), slots, options: { K: 0.5 } })).toThrow(
    "signsgd-majority: K must be an integer >= 1, got 0.5",
  );
});
