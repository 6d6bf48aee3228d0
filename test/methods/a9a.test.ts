/** The promises on real data: logistic regression on a9a, n = 20, sorted by label so that workers differ, lambda = 0.1. */
import { describe, expect, test } from "vitest";
import type { Problem } from "../../src/core/contracts.ts";
import { loadData } from "../../src/data/load.ts";
import { split } from "../../src/data/split.ts";
import { dcgd } from "../../src/methods/dcgd.ts";
import { diana } from "../../src/methods/diana.ts";
import { ef21 } from "../../src/methods/ef21.ts";
import { gdci } from "../../src/methods/gdci.ts";
import { vrGdci } from "../../src/methods/vr-gdci.ts";
import { createProblem } from "../../src/problems/index.ts";
import { dataFolder } from "../data/support.ts";
import { build, distance2, squares } from "../run/harness.ts";
import { mean, optimalShifts } from "./conformance.ts";
import { random } from "./problems.ts";

const path = dataFolder && `${dataFolder}a9a`;

async function a9a(): Promise<Problem> {
  const draws = random(1);
  const data = await loadData({ libsvm: path! }, ".", () => {
    throw new Error("a file draws nothing");
  });
  const rows = split(data, 20, "sorted", draws);
  return createProblem({ name: "logistic", lambda: 0.1 }, { workers: 20, data, rows, random: draws });
}

describe.skipIf(path === undefined)(`a9a${path === undefined ? " (skipped: the data set is not here)" : ""}`, () => {
  let loaded: Promise<Problem> | undefined;
  const problem = () => {
    loaded ??= a9a();
    return loaded;
  };

  for (const method of [diana, vrGdci]) {
    test(`${method.name} with rand-k: to 1e-20`, async () => {
      const p = await problem();
      const run = build({ method, problem: p, slots: { gradient: "rand-k:ratio=0.5" } });
      const optimum = p.optimum();
      await run.play(1500);
      expect(distance2(await run.x(), optimum) / squares(optimum)).toBeLessThan(1e-20);
    });
  }

  test("dcgd and gdci with rand-k: stall where theory says", async () => {
    const p = await problem();
    const optimum = p.optimum();
    const best = optimalShifts(p);
    const slots = { gradient: "rand-k:ratio=0.5" };
    const omega = 123 / 62 - 1;
    const shifted = (gamma: number) => mean(best.map((h) => squares(optimum.map((v, j) => v - gamma * h[j]!))));
    for (const method of [dcgd, gdci]) {
      const run = build({ method, problem: p, slots, start: optimum });
      const { gamma, eta = 0 } = run.options as typeof run.options & { eta?: number };
      const radius =
        method === dcgd
          ? ((2 * gamma) / run.facts.mu) * omega * (mean(best.map(squares)) / 20)
          : ((2 * eta * omega) / 20) * shifted(gamma);
      await run.play(200);
      let floor = 0;
      for (let k = 0; k < 300; ++k) {
        await run.play(1);
        floor += distance2(await run.x(), optimum) / 300;
      }
      expect(floor, method.name).toBeLessThan(radius);
      expect(floor, method.name).toBeGreaterThan(1e-3 * radius);
      expect(floor / squares(optimum), method.name).toBeGreaterThan(1e-6);
    }
  });

  test("ef21 with top-k: f - f* falls no slower than (1 - gamma mu)^k", async () => {
    const p = await problem();
    const run = build({ method: ef21, problem: p, slots: { gradient: "top-k:ratio=0.25" } });
    const { ops, options, facts } = run;
    const whole = p.oracle(ops, -1);
    const least = whole.loss(ops.from(p.optimum()));
    const gap = () => whole.loss(run.rounds.x) - least;
    const theta = 1 - Math.sqrt(1 - 31 / 123);
    // V^0 with g_i = 0
    const zero = ops.vec(123);
    const first =
      gap() +
      (options.gamma / theta) *
        mean(
          Array.from({ length: 20 }, (_, i) => {
            p.oracle(ops, i).gradient(run.rounds.x, zero);
            return ops.squares(zero);
          }),
        );
    for (let k = 40; k <= 600; k += 40) {
      await run.play(40);
      expect(gap()).toBeLessThan((1 - options.gamma * facts.mu) ** (k - 1) * first + 1e-15);
    }
    expect(gap()).toBeLessThan(1e-2 * first);
  });
});
