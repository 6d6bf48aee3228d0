import { expect, test } from "vitest";
import { gossip } from "../../src/methods/gossip.ts";
import { build, distance2 } from "../run/harness.ts";
import { small, testMethod } from "./conformance.ts";

testMethod(gossip, { slots: {}, settings: { options: { spread: 1, gamma: 0.01 } } });

test("gossip with a gradient step: to a neighbourhood of x* that shrinks with gamma", async () => {
  const problem = small();
  const optimum = problem.optimum();
  const found: number[] = [];
  for (const gamma of [0.02, 0.01]) {
    const run = build({ method: gossip, problem, options: { gamma }, topology: "complete" });
    await run.play(Math.round(20 / gamma));
    const mean = run.ops.vec(12);
    await (run.server as unknown as { iterates(mean: unknown): Promise<number> }).iterates(mean);
    found.push(distance2(mean.view, optimum));
  }
  expect(found[0]!).toBeLessThan(0.05);
  expect(found[1]!).toBeLessThan(found[0]! / 2);
});
