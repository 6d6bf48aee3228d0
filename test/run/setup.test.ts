/** Smoothness-aware runs from an experiment: every worker's own matrix at both ends, and what the server was told first. */
import { expect, test } from "vitest";
import { eigen } from "../../src/compressors/symmetric.ts";
import { createProblem, matrixFrom } from "../../src/problems/index.ts";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { quadratic, random, rowsRidge } from "../methods/problems.ts";

const options = { baseDir: ".", name: "setup", version: "0" };
const experiment = (transport: string) => ({
  problem: {
    name: "logistic",
    lambda: 0.01,
    data: { generator: "make-classification", rows: 80, features: 12 },
  },
  workers: 4,
  transport,
  seed: 2,
  start: { normal: 1 },
  stop: { rounds: 60 },
  runs: [
    { method: "diana+", compressor: "smooth:of=(rand-k:k=3)" },
    { method: "diana+", compressor: "smooth:matrix=diagonal,k=3" },
    { method: "diana", compressor: "rand-k:k=3" },
  ],
});

test("threads and loopback make the same iterates; set-up traffic is reported", async () => {
  const play = (transport: string) => runExperiment(parseExperiment(experiment(transport)), options);
  const [here, there] = [await play("loopback"), await play("threads")];
  expect(there.runs.map((run) => run.solution)).toEqual(here.runs.map((run) => run.solution));
  expect(new Set(here.runs.map((run) => run.solution)).size).toBe(3);
  expect(here.runs.map((run) => run.setupBits)).toEqual([64 * 78, 64 * 12, 0]);
  expect(here.runs[0]!.uplinkBits).toBe(here.runs[2]!.uplinkBits);
});

test("matrices of the problems: the largest eigenvalue is L_i, and they bound the gradients' differences", () => {
  const draws = random(4);
  const data = {
    kind: "dense",
    rows: 40,
    cols: 8,
    values: Float64Array.from({ length: 320 }, (_, at) => draws.normal() * (1 + (at % 8))),
    labels: Float64Array.from({ length: 40 }, (_, i) => (i % 3 ? 1 : -1)),
  } as const;
  const rows = [0, 1, 2, 3].map((i) => Uint32Array.from({ length: 10 }, (_, j) => 10 * i + j));
  const context = { workers: 4, data, rows, random: draws };
  for (const problem of [
    createProblem({ name: "logistic", lambda: 0.1 }, context),
    createProblem({ name: "ridge", lambda: 0.2, scale: "sum" }, context),
    rowsRidge(),
    quadratic(4, 9),
    quadratic(4, 9, { rotate: false }),
  ]) {
    const d = problem.dim;
    const { Li } = problem.smoothness();
    for (let worker = 0; worker < problem.workers; ++worker) {
      const given = matrixFrom(problem.shard(worker));
      const full =
        given.length === d
          ? Float64Array.from({ length: d * d }, (_, at) => (at % (d + 1) ? 0 : given[at / (d + 1)]!))
          : given;
      expect(Math.max(...eigen(d, full, false).values) / Li[worker]! - 1).toBeCloseTo(0, 9);
    }
  }
});
