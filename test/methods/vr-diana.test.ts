import { expect, test } from "vitest";
import type { Method, Resolved } from "../../src/core/contracts.ts";
import { diana } from "../../src/methods/diana.ts";
import { vrDiana } from "../../src/methods/vr-diana.ts";
import { build, distance2 } from "../run/harness.ts";
import { rowsRidge } from "./problems.ts";
import { testVariant } from "./variant.ts";

const slots = { gradient: "rand-k:k=4" };
testVariant(vrDiana, { base: diana as Method, slots, linear: { gamma: 0.03, rounds: 3000 } });

test.each([
  ["l-svrg", {}],
  ["saga", {}],
  ["saga", { alpha: 1 / 30 }], // the paper's min(1/(3m), 1/(1 + omega))
] as [string, { alpha?: number }][])(
  "vr-diana, %s, %o: linear to 1e-20 with theory's step",
  async (estimator, options) => {
    const problem = rowsRidge();
    const run = build({ method: vrDiana, problem, slots, estimator, options });
    expect((run.options as Resolved & { alpha: number }).alpha).toBe(options.alpha ?? 1 / 3);
    await run.play(9000);
    expect(distance2(await run.x(), problem.optimum()) / distance2(run.start, problem.optimum())).toBeLessThan(1e-20);
  },
);
