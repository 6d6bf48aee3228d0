import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { jacsketch } from "../../src/methods/jacsketch.ts";
import { saga } from "../../src/methods/saga.ts";
import { build, distance2 } from "../run/harness.ts";
import { rowsRidge } from "./problems.ts";
import { testVariant } from "./variant.ts";

testVariant(jacsketch, { base: dgd as Method, linear: { gamma: 0.05, rounds: 1500 } });

const problem = rowsRidge();

test("jacsketch: with one column at a time it is saga bit for bit", async () => {
  const [own, other] = [build({ method: jacsketch, problem }), build({ method: saga, problem })];
  expect(own.options.gamma).toBe(other.options.gamma);
  await own.play(60);
  await other.play(60);
  expect(await own.x()).toEqual(await other.x());
});

test.each(["nice", "single", "independent"])(
  "jacsketch, %s sampling: linear to 1e-20 with theory's step",
  async (sampling) => {
    const run = build({
      method: jacsketch,
      problem,
      estimator: { name: "jacsketch", sampling, batch: sampling === "single" ? 1 : 4 },
    });
    await run.play(3000);
    expect(distance2(await run.x(), problem.optimum()) / distance2(run.start, problem.optimum())).toBeLessThan(1e-20);
  },
);
