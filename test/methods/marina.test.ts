import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { type MarinaOptions, marina } from "../../src/methods/marina.ts";
import { build, distance2 } from "../run/harness.ts";
import { meanState, small, testMarina, testMethod } from "./marina.ts";

const method = marina as Method;
testMethod(method, {
  slots: { gradient: "rand-k:k=3" },
  descent: (run) => run.options.gamma,
  linear: { "rand-k": { slots: { gradient: "rand-k:k=3" }, rounds: 700 } },
});
testMarina(method, small(), { gradient: "rand-k:k=3" });
testMarina(method, small(), { gradient: "rand-k:k=1" });

test("marina: one coin for all, full gradients at first, and no bit more than what is sent", async () => {
  const run = build({ method, problem: small(), slots: { gradient: "rand-k:k=3" }, options: { p: 0.25 } });
  const message = 8 * run.codecs[0]!.gradient!.maxBytes;
  let [bits, full] = [0, 0];
  for (let round = 0; round < 60; ++round) {
    await run.play(1);
    const spent = run.server.ledger.uplinkBits - bits;
    bits += spent;
    if (spent !== message) {
      expect(spent).toBe(12 * 64);
      full += 1;
      await run.rounds.snapshot();
    }
    if (round === 0) expect(full).toBe(1);
  }
  expect(full).toBeGreaterThan(6);
  expect(full).toBeLessThan(30);
});

test("marina: after a round of full gradients g is grad f; p and regime have their ranges", async () => {
  const problem = small();
  const base = { method, problem, slots: { gradient: "rand-k:k=3" }, start: new Float64Array(12).fill(3) };
  const run = build({ ...base, options: { p: 1 } });
  const oracle = problem.oracle(run.ops, -1);
  const [x, g] = [run.ops.vec(12), run.ops.vec(12)];
  for (let round = 0; round < 20; ++round) {
    x.view.set(await run.x());
    oracle.gradient(x, g);
    await run.play(1);
    await run.rounds.snapshot();
    expect(distance2(g.view, run.rounds.state.vec("g").view)).toBeLessThan(1e-24);
    expect(distance2(g.view, meanState(run, "g"))).toBeLessThan(1e-24);
  }
  expect((build(base).options as MarinaOptions).p).toBeCloseTo(3 / 12, 14);
  expect(build({ ...base, options: { regime: "non-convex" } }).options.gamma).toBeGreaterThan(
    build(base).options.gamma,
  );
  expect(() => build({ ...base, options: { p: 0 } })).toThrow(/marina: p must be in \(0, 1\], got 0/);
  expect(() => build({ ...base, options: { regime: 1 } })).toThrow(/marina: regime must be/);
});

test("marina: a worker rebuilt from nothing is welcomed, and the run still converges", async () => {
  const problem = small();
  const start = new Float64Array(12).fill(3);
  const run = build({ method, problem, slots: { gradient: "rand-k:k=3" }, start, resync: true });
  for (let block = 0; block < 6; ++block) {
    await run.play(20);
    run.network.hosts[block] = run.host(block);
  }
  await run.play(700);
  expect(run.rounds.resynced).toBe(6);
  expect(distance2(await run.x(), problem.optimum()) / distance2(start, problem.optimum())).toBeLessThan(1e-20);
});
