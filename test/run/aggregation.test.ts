import { expect, test } from "vitest";
import type { Method, Oracle, Problem } from "../../src/core/contracts.ts";
import { dcgd } from "../../src/methods/dcgd.ts";
import { dgd } from "../../src/methods/dgd.ts";
import { diana } from "../../src/methods/diana.ts";
import { methods } from "../../src/methods/index.ts";
import { type AggregatorChoice, withAggregator } from "../../src/run/aggregation.ts";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { mean, optimalShifts } from "../methods/conformance.ts";
import { quadratic } from "../methods/problems.ts";
import { build, distance2, type Run, squares } from "./harness.ts";

const WORKERS = 7;
const honest = quadratic(WORKERS, 12, { mu: 1, L: 2, heterogeneity: 0.1, seed: 2 });

/** Worker 6 sends -10 times its gradient. */
const attacked: Problem = {
  name: honest.name,
  dim: honest.dim,
  workers: WORKERS,
  oracle(ops, worker): Oracle {
    const oracle = honest.oracle(ops, worker);
    if (worker !== 6) return oracle;
    return {
      dim: oracle.dim,
      rows: oracle.rows,
      loss: (x) => oracle.loss(x),
      gradient(x, g) {
        oracle.gradient(x, g);
        ops.scale(-10, g);
      },
    };
  },
  shard: (worker) => honest.shard(worker),
  smoothness: () => honest.smoothness(),
  optimum: () => honest.optimum(),
};

const start = new Float64Array(12).fill(5);
const far = distance2(start, honest.optimum());
/** The squared distance that honest workers differ by, in units of x. */
const apart = () => mean(optimalShifts(honest).map(squares)) / honest.smoothness().mu ** 2;

async function end(base: Method, aggregator: AggregatorChoice | undefined, slots = {}): Promise<number> {
  const method = withAggregator(base, aggregator);
  const run = build({ method, problem: attacked, slots, start, options: { gamma: 0.2 } });
  await run.play(300);
  return distance2(await run.x(), honest.optimum());
}

test("one hostile worker of seven: the mean diverges, robust aggregates reach a neighbourhood", async () => {
  for (const [base, slots] of [
    [dgd, {}],
    [dcgd, { gradient: "natural" }],
  ] as const) {
    expect(await end(base, undefined, slots)).toBeGreaterThan(1e6 * far);
    expect(await end(base, "mean", slots)).toBeGreaterThan(1e6 * far);
    expect(await end(base, { name: "trimmed-mean", trim: 0.1 }, slots)).toBeGreaterThan(1e6 * far); // cuts floor(0.7) = 0
    for (const choice of ["median", { name: "trimmed-mean", trim: 0.15 }, "norm-clipping"] as const) {
      const error = await end(base, choice, slots);
      expect(error).toBeLessThan(4 * apart());
      expect(error).toBeGreaterThan(0);
    }
  }
});

test("a majority of hostile workers moves any of them: four of seven", async () => {
  const most: Problem = { ...attacked, oracle: (ops, worker) => attacked.oracle(ops, worker < 4 ? 6 : worker) };
  const run = build({ method: withAggregator(dgd, "median"), problem: most, start, options: { gamma: 0.2 } });
  await run.play(100);
  expect(distance2(await run.x(), honest.optimum())).toBeGreaterThan(1e6 * far);
});

test("median needs no majority of equals: its bias without hostile workers is of the order of their differences", async () => {
  const run = build({ method: withAggregator(dgd, "median"), problem: honest, start, options: { gamma: 0.2 } });
  await run.play(300);
  const error = distance2(await run.x(), honest.optimum());
  expect(error).toBeGreaterThan(1e-8);
  expect(error).toBeLessThan(4 * apart());
});

test("with the aggregate mean every method that allows a choice is what it was, to rounding", async () => {
  const covering = Object.values(methods).filter(
    (method) => method.covers?.includes("aggregator") && !method.estimator,
  );
  expect(covering.map(({ name }) => name)).toEqual(expect.arrayContaining(["dgd", "dcgd", "dqgd"]));
  for (const method of covering) {
    const slots: Record<string, string> = method.needs.compressors.gradient ? { gradient: "rand-k:k=3" } : {};
    const settings = { problem: honest, slots, start };
    const [own, other] = [
      build({ ...settings, method }),
      build({ ...settings, method: withAggregator(method, "mean") }),
    ];
    for (let k = 0; k < 10; ++k) {
      await Promise.all([own.play(3), other.play(3)]);
      expect(distance2(await own.x(), await other.x()) / squares(await own.x()), method.name).toBeLessThan(1e-26);
    }
    expect(other.server.ledger.uplinkBits).toBe(own.server.ledger.uplinkBits);
  }
});

test("late steps and estimates come with another aggregate as well", async () => {
  const { rowsRidge } = await import("../methods/problems.ts");
  for (const name of ["d-sgd", "d-qsgd", "saga", "qsgd"]) {
    const method = withAggregator(methods[name]!, "median");
    const slots: Record<string, string> = method.needs.compressors.gradient ? { gradient: "natural" } : {};
    const problem = rowsRidge();
    const run = build({ method, problem, slots, start, options: { gamma: 0.01 } });
    await run.play(500);
    expect(distance2(await run.x(), problem.optimum()), name).toBeLessThan(0.25 * distance2(start, problem.optimum()));
  }
});

test("answers of some workers only: the aggregate is over those", async () => {
  const method = withAggregator(dgd, "median");
  const faults = { seed: 5, drop: 0.1, repeat: 0.05, delay: 0.05 };
  const run = build({ method, problem: attacked, start, options: { gamma: 0.2 }, partial: true, faults });
  await run.play(300);
  expect(run.rounds.lost).toBeGreaterThan(30);
  expect(distance2(await run.x(), honest.optimum())).toBeLessThan(10 * apart());
});

test("errors name what is wrong", () => {
  expect(() => withAggregator(dgd, "medain")).toThrow(
    /experiment\.aggregator: unknown name "medain"; did you mean.*median/,
  );
  expect(() => withAggregator(dgd, { name: "trimmed-mean", cut: 1 })).toThrow(/unknown key "cut" for trimmed-mean/);
  expect(() => withAggregator(dgd, { name: "median", trim: 1 })).toThrow(/median takes no "trim"/);
  expect(() => withAggregator(diana as Method, "median")).toThrow("diana takes the mean and nothing else");
  expect(() => build({ method: withAggregator(dgd, "majority-vote"), problem: honest })).toThrow(/counts signs/);
});

test("an experiment's runs name their aggregates", async () => {
  const file = (aggregator: unknown) => ({
    problem: { name: "quadratic", dim: 5 },
    workers: 3,
    stop: { rounds: 2 },
    runs: [{ method: "dgd", aggregator }],
  });
  const options = { baseDir: ".", name: "test", version: "0" };
  const summary = await runExperiment(parseExperiment(file({ name: "trimmed-mean", trim: 0.4 })), options);
  expect(summary.runs[0]!.aggregator).toEqual({ name: "trimmed-mean", trim: 0.4 });
  await expect(runExperiment(parseExperiment(file("mode")), options)).rejects.toThrow(
    /experiment\.runs\[0\]\.aggregator: unknown name "mode"/,
  );
});

test("a vector that overflows where it is decoded is refused, and its sender banned, before it can make 0 Infinity of a mean", async () => {
  const method = withAggregator(dcgd, "norm-clipping");
  const settings = { method, problem: honest, slots: { gradient: "rand-k:k=3" }, start, options: { gamma: 0.1 } };
  const run = build({ ...settings, guard: true, partial: true });
  run.network.tamper = (from, frame) => (from === 6 ? huge(run, frame) : frame);
  await run.play(20);
  expect(run.rounds.rejected).toBe(3);
  expect((await run.x()).every(Number.isFinite)).toBe(true);
  const open = build(settings);
  open.network.tamper = (from, frame) => (from === 6 ? huge(open, frame) : frame);
  await expect(open.play(1)).rejects.toThrow(/vector of worker 6 is not finite/);
});

/** The frame with its last sent entry the largest f64, times d/k more than there is; its hash mended. */
function huge(run: Run, frame: Uint8Array): Uint8Array {
  const out = frame.slice();
  new DataView(out.buffer).setFloat64(out.length - 24, Number.MAX_VALUE, true);
  const copy = run.ops.bytes(out.length);
  copy.view.set(out);
  run.ops.kernels.xxh64(copy.ptr, out.length - 8, 0, 0, copy.ptr + out.length - 8);
  return copy.view.slice();
}
