import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { dcgd } from "../../src/methods/dcgd.ts";
import { dqgd } from "../../src/methods/dqgd.ts";
import { build } from "../run/harness.ts";
import { small, testMethod } from "./conformance.ts";

const slots = { gradient: "natural-dithering:s=2" };
testMethod(dqgd as Method, { slots, descent: (run) => run.options.gamma });

test("dqgd: with exact gradients it is dcgd, bit for bit", async () => {
  const [own, other] = [dqgd, dcgd].map((method) => build({ method: method as Method, problem: small(), slots }));
  await own!.play(40);
  await other!.play(40);
  expect(await own!.x()).toEqual(await other!.x());
});
