/**
 * The experiments of Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292, with their settings: logistic regression,
 * n = 20, lambda = L/10^4, step 1/(L + lambda) for every method, Top-1 (and Rand-1 for shifts), x0 = x* + 1. Full gradients: on a9a
 * with the labels apart, where workers differ. Stochastic ones: rows in the file's order, batch 1, p = 1/m.
 */
import { describe, expect, test } from "vitest";
import type { Problem } from "../../src/core/contracts.ts";
import { loadData } from "../../src/data/load.ts";
import { split } from "../../src/data/split.ts";
import { methods } from "../../src/methods/index.ts";
import { createProblem } from "../../src/problems/index.ts";
import { dataFolder } from "../data/support.ts";
import { mean } from "../methods/measures.ts";
import { random, rowsRidge } from "../methods/problems.ts";
import { build } from "../run/harness.ts";

const path = dataFolder && `${dataFolder}a9a`;

async function a9a(how: "sorted" | "contiguous"): Promise<Problem> {
  const draws = random(1);
  const data = await loadData({ libsvm: path!, maxRows: 32000, features: 123 }, ".", () => {
    throw new Error("a file draws nothing");
  });
  const rows = split(data, 20, how, draws);
  return createProblem({ name: "logistic", lambda: { relative: 1e-4 } }, { workers: 20, data, rows, random: draws });
}

/** (f - f*)/(f0 - f*), ten times along a run. */
async function gaps(name: string, problem: Problem, k: number, rounds: number): Promise<number[]> {
  const method = methods[name]!;
  const optimum = problem.optimum();
  const run = build({
    method,
    problem,
    slots: { gradient: `top-k:k=${k}`, ...(method.needs.compressors.shift && { shift: `rand-k:k=${k}` }) },
    options: { gamma: 1 / problem.smoothness().L },
    start: optimum.map((v) => v + 1),
  });
  const whole = problem.oracle(run.ops, -1);
  const x = run.ops.from(optimum);
  const least = whole.loss(x);
  x.view.set(run.start);
  const first = whole.loss(x) - least;
  const found: number[] = [];
  for (let mark = 0; mark < 10; ++mark) {
    await run.play(rounds / 10);
    x.view.set(await run.x());
    found.push((whole.loss(x) - least) / first);
  }
  return found;
}

/** Of the second half of a run. */
const level = (found: readonly number[]): number => mean(found.slice(5));

describe.skipIf(path === undefined)(`a9a${path === undefined ? " (skipped: the data set is not here)" : ""}`, () => {
  test("full gradients: ef stalls; ec-gdstar and ec-gd-diana go on linearly", { timeout: 300_000 }, async () => {
    const problem = await a9a("sorted");
    const stalled = await gaps("ef", problem, 1, 4000);
    expect(level(stalled)).toBeGreaterThan(1e-3); // 2.9e-3
    // no lower in the second half than in the first but for where it began
    expect(level(stalled)).toBeGreaterThan(0.5 * mean(stalled.slice(1, 5)));
    const { L, mu } = problem.smoothness();
    for (const name of ["ec-gdstar", "ec-gd-diana"]) {
      const found = await gaps(name, problem, 1, 4000);
      // 2,000 rounds at (1 - gamma mu)^2 a round: exp(-0.4); 2.8e-4 at the end
      const slope = Math.log(found[9]! / found[4]!) / ((2 * 2000 * mu) / L);
      expect(slope, name).toBeGreaterThan(-1.4);
      expect(slope, name).toBeLessThan(-0.8);
      expect(found[9]!, name).toBeLessThan(0.2 * level(stalled));
      for (let mark = 1; mark < 10; ++mark) expect(found[mark]!, name).toBeLessThan(found[mark - 1]!);
    }
  });

  test("one row a round: ec-lsvrg-diana falls below ec-lsvrg's plateau, which lies below ec-sgd's", {
    timeout: 300_000,
  }, async () => {
    const problem = await a9a("contiguous");
    const sgd = level(await gaps("ec-sgd", problem, 1, 12_000));
    const lsvrg = level(await gaps("ec-lsvrg", problem, 1, 36_000));
    const diana = await gaps("ec-lsvrg-diana", problem, 1, 40_000);
    expect(sgd).toBeGreaterThan(5e-4); // 2e-3
    expect(lsvrg).toBeGreaterThan(1e-6); // 4e-6
    expect(lsvrg).toBeLessThan(1e-2 * sgd);
    expect(diana[9]!).toBeLessThan(0.1 * lsvrg); // 1.3e-7
    expect(diana[9]!).toBeLessThan(0.1 * diana[5]!); // and still falling
  });
});

test("the same order on a small problem, where ec-lsvrg-diana and ec-gd-diana reach machine precision", async () => {
  const problem = rowsRidge();
  const [gd, gdDiana] = [await gaps("ef", problem, 4, 2000), await gaps("ec-gd-diana", problem, 4, 2000)];
  expect(level(gd)).toBeGreaterThan(1e-6);
  expect(gdDiana[9]!).toBeLessThan(1e-13);
  const sgd = level(await gaps("ec-sgd", problem, 4, 4000));
  const lsvrg = level(await gaps("ec-lsvrg", problem, 4, 4000));
  const diana = (await gaps("ec-lsvrg-diana", problem, 4, 4000))[9]!;
  expect(sgd).toBeGreaterThan(2 * lsvrg);
  expect(lsvrg).toBeGreaterThan(1e10 * diana);
});
