import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { dcgd } from "../../src/methods/dcgd.ts";
import { dqgd } from "../../src/methods/dqgd.ts";
import { methods } from "../../src/methods/index.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { small, testMethod } from "./conformance.ts";
import { rowsRidge } from "./problems.ts";

const slots = { gradient: "natural-dithering:s=2" };
testMethod(dqgd as Method, { slots, descent: (run) => run.options.gamma });

test("dqgd: with exact gradients it is dcgd, bit for bit", async () => {
  const [own, other] = [dqgd, dcgd].map((method) => build({ method: method as Method, problem: small(), slots }));
  await own!.play(40);
  await other!.play(40);
  expect(await own!.x()).toEqual(await other!.x());
});

test("without shifts quantized gradients stall even when they are exact: dqgd, qsgd, terngrad; diana does not", async () => {
  const problem = rowsRidge();
  const optimum = problem.optimum();
  const error = async (name: string, gradient: string) => {
    const run = build({ method: methods[name]!, problem, slots: { gradient }, estimator: "full" });
    await run.play(1500);
    return distance2(await run.x(), optimum) / squares(optimum);
  };
  for (const [name, gradient] of [
    ["dqgd", "natural-dithering:s=2"],
    ["qsgd", "random-dithering:s=2"],
    ["terngrad", "ternary"],
  ] as const) {
    expect(await error(name, gradient), name).toBeGreaterThan(1e-7);
    expect(await error("diana", gradient), gradient).toBeLessThan(1e-20);
  }
});
