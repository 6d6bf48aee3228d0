/** What a run adds to its method, from an experiment file: keys, errors, summaries, and the same bits on threads. */
import { beforeAll, describe, expect, test } from "vitest";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import type { TracePoint } from "../../src/run/trace.ts";
import { bundleThread } from "../transports/bundle.ts";

beforeAll(bundleThread);

const base = {
  problem: { name: "quadratic", dim: 12, L: 6 },
  workers: 6,
  start: { constant: 3 },
  stop: { rounds: 40 },
};
const play = async (runs: object[], more: object = {}) => {
  const points: TracePoint[] = [];
  const summary = await runExperiment(parseExperiment({ ...base, ...more, runs }), {
    baseDir: ".",
    name: "extras",
    version: "0",
    listener: { point: (point) => points.push(point) },
  });
  return { runs: summary.runs, points };
};

describe("an experiment file's keys", () => {
  const compressor = "rand-k:k=3";
  test("prox: text or object; the error is to the minimiser of f + psi", async () => {
    const { runs } = await play([
      { method: "dgd", prox: "l1:lambda=1.5", stop: { rounds: 400 } },
      { method: "dgd", prox: { name: "l1", lambda: 1.5 }, stop: { rounds: 400 } },
      { method: "dgd", stop: { rounds: 400 } },
    ]);
    expect(runs[0]!.solution).toBe(runs[1]!.solution);
    expect(runs[0]!.solution).not.toBe(runs[2]!.solution);
    for (const run of runs) {
      expect(run.relativeError).toBeLessThan(1e-26);
      expect(run.gradientNormSquared).toBeLessThan(1e-24);
    }
    expect(runs[0]!.prox).toBe("l1:lambda=1.5");
    expect(runs[2]!.prox).toBeUndefined();
  });

  test("participation: the same bits over loopback and threads; 1 is none", async () => {
    const runs = [
      { method: "diana", compressor, participation: 0.5 },
      { method: "rand-diana", compressor, participation: { independent: 0.4 }, prox: "box:low=0" },
      { method: "dcgd", compressor, participation: 0.34, average: "weighted" },
      { method: "diana", compressor, participation: 1 },
      { method: "diana", compressor },
      { method: "diana", compressors: { gradient: compressor, model: "top-k:k=4" }, participation: 0.5 },
      { method: "dgd", compressors: { model: "sign" } },
    ];
    const [loopback, threads] = [await play(runs), await play(runs, { transport: "threads", threads: 2 })];
    const bits = ({ runs: all }: typeof loopback) =>
      all.map(({ solution, uplinkBits, downlinkBits }) => [solution, uplinkBits, downlinkBits]);
    expect(bits(threads)).toEqual(bits(loopback));
    expect(loopback.runs[3]!.solution).toBe(loopback.runs[4]!.solution);
    expect(loopback.runs[0]!.uplinkBits / loopback.runs[4]!.uplinkBits).toBeCloseTo(0.5, 10);
    expect(loopback.runs[0]!.participation).toBe(0.5);
    expect(loopback.runs[3]!.participation).toBeUndefined();
  });

  test("average: what the trace and the solution measure", async () => {
    const { runs, points } = await play([{ method: "dgd", average: "uniform" }, { method: "dgd" }]);
    const last = (run: number) => points.filter((p) => p.run === run).at(-1)!;
    expect(last(0).relativeError).toBeGreaterThan(last(1).relativeError);
    expect(runs[0]!.solution).not.toBe(runs[1]!.solution);
    expect(runs[0]!.average).toBe("uniform");
  });

  for (const [run, error] of [
    [
      { method: "gdci", compressor, prox: "l1:lambda=1" },
      /experiment.runs\[0\].prox: gdci does not cover prox \(no step/,
    ],
    [{ method: "dgd", prox: "l3:lambda=1" }, /experiment.runs\[0\].prox: unknown name "l3"; did you mean "l1" or "l2"/],
    [{ method: "dgd", prox: "l1:lambda=-1" }, /l1: lambda must be a number >= 0, got -1/],
    [{ method: "dgd", participation: 0.5 }, /runs\[0\].participation: dgd does not cover participation \(its theory/],
    [{ method: "dcgd", compressor, participation: 0 }, /runs\[0\].participation: must be >0, got 0/],
    [{ method: "dcgd", compressor, participation: { independant: 0.5 } }, /runs\[0\].participation/],
    [{ method: "dgd", average: "last" }, /runs\[0\].average/],
    [
      { method: "gdci", compressors: { gradient: compressor, model: "natural" } },
      /\[0\].compressors.model: gdci does not cover/,
    ],
    [
      { method: "dgd", compressors: { model: Array(6).fill("natural") } },
      /dgd: slot model compresses the broadcast: one/,
    ],
    [{ method: "gossip", average: "uniform" }, /runs\[0\].average: gossip has no rounds at a server/],
    [{ method: "dgd", partcipation: 0.5 }, /unknown key "partcipation"; did you mean "participation"/],
  ] as const) {
    test(`${JSON.stringify(run)}: an error`, async () => {
      await expect(play([run])).rejects.toThrow(error);
    });
  }
});
