/** Problems without x*: errors of x are not reported, runs stop by the gradient, and every report copes. */
import { expect, test } from "vitest";
import { numbers } from "../../src/cli/output.ts";
import { renderReport } from "../../src/report/index.ts";
import { createProgress } from "../../src/report/progress.ts";
import { renderSummary } from "../../src/report/table.ts";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import type { TracePoint } from "../../src/run/trace.ts";

const file = {
  problem: {
    name: "logistic-nonconvex",
    lambda: 0.1,
    data: { generator: "make-classification", rows: 60, features: 12, flip: 0.1 },
  },
  workers: 3,
  seed: 1,
  start: { constant: 2 },
  record: 10,
  stop: { rounds: 20_000, gradientNormSquared: 1e-12 },
  runs: [{ method: "dgd" }, { method: "ef21", compressor: "top-k:k=3" }],
};

async function play(value: object) {
  const trace: TracePoint[] = [];
  const summary = await runExperiment(parseExperiment(value), {
    baseDir: ".",
    name: "nonconvex",
    version: "0",
    listener: { point: (point) => trace.push(point) },
  });
  return { summary, trace };
}

test("the gap is to the lower bound, and the gradient stops the run", async () => {
  const { summary, trace } = await play(file);
  for (const point of trace) {
    expect(point.relativeError).toBeNaN();
    expect(point.objectiveGap).toBe(point.objective);
    expect(point.objective).toBeGreaterThan(0);
  }
  for (const run of summary.runs) {
    expect(run.stoppedBy).toBe("gradientNormSquared");
    expect(run.gradientNormSquared).toBeLessThanOrEqual(1e-12);
    expect(run.bestRelativeError).toBeNaN();
  }
  expect(summary.problem.mu).toBe(0);
});

test("table, progress, figure, report and JSON", async () => {
  const { summary, trace } = await play(file);
  const table = renderSummary(summary, trace);
  expect(table).toContain("|grad f|^2");
  expect(table).not.toMatch(/NaN|undefined/);
  const { svg, html } = renderReport(summary, trace, file);
  for (const text of [svg, html]) expect(text).not.toMatch(/NaN|undefined|Infinity/);
  expect(svg).toContain("|∇f(x)|²");
  expect(JSON.parse(JSON.stringify(summary, numbers)).runs[0].relativeError).toBe("NaN");
  const written: string[] = [];
  const progress = createProgress({ write: (text) => written.push(text) }, 2);
  progress.start("dgd", file.stop);
  for (const point of trace) progress.update(point);
  progress.finish(summary.runs[0]!);
  expect(written.join("")).toContain("|grad f|^2");
  expect(written.join("")).not.toMatch(/NaN|undefined/);
});

test("a run that leaves for infinity is said to diverge", async () => {
  const { summary } = await play({ ...file, runs: [{ method: "dgd", options: { gamma: 1e9 } }] });
  expect(summary.runs[0]!.stoppedBy).toBe("diverged");
});

test("stops that need x* are refused, and so is a start at it", async () => {
  await expect(play({ ...file, stop: { rounds: 5, relativeError: 1e-3 } })).rejects.toThrow(
    /stop.relativeError needs x\*.*logistic-nonconvex/,
  );
  await expect(play({ ...file, start: { optimumPlus: 1 } })).rejects.toThrow(/not convex/);
});
