import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { intdiana } from "../../src/methods/intdiana.ts";
import { build, distance2 } from "../run/harness.ts";
import { small } from "./conformance.ts";
import { testIntegers } from "./integers.ts";
import { largest } from "./measures.ts";

testIntegers(intdiana);
const start = Float64Array.from({ length: 12 }, (_, j) => 10 * Math.cos(j));

test("intdiana: the integers stay below theory's bound all the way, and 8 bits are enough", async () => {
  const problem = small();
  const run = build({ method: intdiana as Method, problem, start, options: { bits: 8, epsilon: 1e-12 } });
  const { Li } = problem.smoothness();
  const bound = 1 / Math.sqrt(0.9) + run.options.gamma * Math.max(...Li) * Math.sqrt(12 / (2 * 6 * 0.1));
  const sizes = await largest(run, problem, 400);
  expect(Math.max(...sizes)).toBeLessThan(bound);
  expect(Math.max(...sizes)).toBeGreaterThan(0.1 * bound);
  await run.play(400);
  expect(distance2(await run.x(), problem.optimum()) / distance2(start, problem.optimum())).toBeLessThan(1e-20);
});

test("intdiana: workers are welcomed back with their shifts", async () => {
  const problem = small();
  const faults = { seed: 3, drop: 0.05, repeat: 0.05, delay: 0.05, damage: 0.03 };
  const settings = { method: intdiana as Method, problem, start, options: { epsilon: 1e-12 } };
  const run = build({ ...settings, resync: true, partial: true, faults });
  await run.play(1500);
  expect(run.rounds.resynced).toBeGreaterThan(0);
  run.network.on = false;
  await run.play(600);
  await run.rounds.snapshot();
  const mean = new Float64Array(12);
  run.network.hosts.forEach((host, i) => {
    const h = host.state.vec("h").view;
    expect(distance2(h, run.rounds.state.vec(`h ${i}`).view)).toBeLessThan(1e-24);
    h.forEach((v, j) => {
      mean[j]! += v / 6;
    });
  });
  expect(distance2(mean, run.rounds.state.vec("h").view)).toBeLessThan(1e-20);
  expect(distance2(await run.x(), problem.optimum()) / distance2(start, problem.optimum())).toBeLessThan(1e-20);
});

test("intdiana: h is the mean of the h_i in every round", async () => {
  const run = build({ method: intdiana as Method, problem: small(), start });
  for (let k = 0; k < 20; ++k) {
    await run.play(1);
    await run.rounds.snapshot();
    const mean = new Float64Array(12);
    for (const host of run.network.hosts) {
      for (const [j, v] of host.state.vec("h").view.entries()) mean[j]! += v / 6;
    }
    for (const [j, v] of run.rounds.state.vec("h").view.entries()) expect(v).toBeCloseTo(mean[j]!, 10);
  }
});
