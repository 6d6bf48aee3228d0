/** The presets: valid, documented, and showing what docs/experiments.md says they show. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { compressors } from "../../src/compressors/index.ts";
import { parseSpec } from "../../src/compressors/spec.ts";
import { maps } from "../../src/maps/index.ts";
import { methods } from "../../src/methods/index.ts";
import { problems } from "../../src/problems/index.ts";
import { type Experiment, parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import type { RunSummary, TracePoint } from "../../src/run/trace.ts";

/** Its table is in docs/methods.md, made from test/promises; dozens of curves make no figure. */
const SMOKE = "all-methods";

const root = resolve(import.meta.dirname, "../..");
const folder = resolve(root, "experiments");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length))
  .sort();

const load = (name: string): Experiment =>
  parseExperiment(JSON.parse(readFileSync(resolve(folder, `${name}.json`), "utf8")));

interface Played {
  summary: RunSummary;
  points: TracePoint[];
}

async function play(experiment: Experiment): Promise<Played[]> {
  const points: TracePoint[][] = experiment.runs.map(() => []);
  const { runs } = await runExperiment(
    { ...experiment, transport: "loopback" },
    { baseDir: folder, name: "test", version: "0", listener: { point: (p) => points[p.run]!.push(p) } },
  );
  return runs.map((summary, i) => ({ summary, points: points[i]! }));
}

/** Every spec that a run names. */
const specsOf = ({ compressor, compressors: slots }: Experiment["runs"][number]): string[] => [
  ...(compressor === undefined ? [] : [compressor]),
  ...Object.values(slots ?? {}).flat(),
];

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

describe.each(names)("%s", (name) => {
  test("parses and names what exists", () => {
    const experiment = load(name);
    expect(experiment.description).toBeTruthy();
    expect(Object.keys(problems)).toContain(experiment.problem.name);
    const labels = experiment.runs.map(({ label, method }) => label ?? method);
    expect(new Set(labels).size).toBe(labels.length);
    for (const run of experiment.runs) {
      expect(Object.keys(methods)).toContain(run.method);
      for (const spec of specsOf(run)) expect({ ...compressors, ...maps }).toHaveProperty([parseSpec(spec).name]);
    }
  });

  test.skipIf(name === SMOKE)("is documented, with a light figure", () => {
    const docs = readFileSync(resolve(root, "docs/experiments.md"), "utf8");
    expect(docs).toContain(`\n## ${name}\n`);
    expect(docs).toContain(`(figures/${name}.svg)`);
    const figure = resolve(root, `docs/figures/${name}.svg`);
    expect(existsSync(figure)).toBe(true);
    expect(statSync(figure).size).toBeLessThan(60_000);
  });

  test("plays a few rounds", async () => {
    const experiment = load(name);
    if (experiment.problem.data?.otherwise) {
      experiment.problem.data = { ...(experiment.problem.data.otherwise as object), rows: 500 };
    }
    const { data } = experiment.problem;
    if (data && ("libsvm" in data || "npy" in data)) return;
    if (data?.package !== undefined) data.rows = 500;
    experiment.stop = { rounds: 12 };
    for (const run of experiment.runs) delete run.stop;
    experiment.record = 4;
    for (const { summary, points } of await play(experiment)) {
      expect(points.map(({ round }) => round)).toEqual([0, 4, 8, 12]);
      for (const { relativeError, objective } of points) expect(Number.isFinite(relativeError + objective)).toBe(true);
      expect(points[0]!.relativeError).toBeCloseTo(1, 12);
      expect(summary.uplinkBits).toBeGreaterThan(0);
    }
  });
});

test("top1-divergence: DCGD grows by 1 + 11 gamma/6 a round, error feedback and EF21 converge", async () => {
  const experiment = load("top1-divergence");
  for (const { summary, points } of await play(experiment)) {
    if (summary.method !== "dcgd") {
      expect(summary.stoppedBy).toBe("relativeError");
      continue;
    }
    const growth = (1 + (11 * summary.stepSize) / 6) ** 2; // of the squared error
    for (const { round, relativeError } of points) {
      expect(Math.abs(relativeError / growth ** round - 1)).toBeLessThan(1e-14 * (round + 10));
    }
    expect(points.at(-1)!.relativeError).toBeGreaterThan(1e3);
  }
});

describe("Rand-DIANA against DIANA with p = q and equal steps", () => {
  test.each([0.1, 0.5])("q = %d: as many rounds, twice the bits if shifts are counted", async (q) => {
    const dim = 40;
    const uplink: number[] = [];
    const compressed: number[] = [];
    for (let seed = 1; seed <= 5; ++seed) {
      const [diana, randDiana] = await play(
        parseExperiment({
          problem: {
            name: "ridge",
            scale: "sum",
            lambda: 0.01,
            data: { generator: "make-regression", rows: 100, features: dim },
          },
          workers: 10,
          seed,
          start: { normal: 10 },
          record: 10,
          stop: { rounds: 50_000, relativeError: 1e-4 },
          runs: ["diana", "rand-diana"].map((method) => ({ method, compressor: `rand-k:k=${q * dim}` })),
        }),
      );
      expect(randDiana!.summary.stepSize).toBeCloseTo(diana!.summary.stepSize, 12);
      expect(randDiana!.summary.options.p).toBeCloseTo(q, 12);
      expect([diana!.summary.stoppedBy, randDiana!.summary.stoppedBy]).toEqual(["relativeError", "relativeError"]);
      uplink.push(randDiana!.summary.uplinkBits / diana!.summary.uplinkBits);
      compressed.push(randDiana!.summary.uplinkCompressedBits / diana!.summary.uplinkCompressedBits);
    }
    expect(median(uplink)).toBeGreaterThan(1.6);
    expect(median(uplink)).toBeLessThan(2.4);
    expect(median(compressed)).toBeGreaterThan(0.8);
    expect(median(compressed)).toBeLessThan(1.25);
  });
});

test("Fig. 1 left: at M = M' and shifts not counted, Rand-DIANA is ahead for every q", async () => {
  const experiment = load("shifted-fig1-left");
  experiment.stop = { rounds: 20_000, relativeError: 1e-3 };
  const runs = (await play(experiment)).map(({ summary }) => summary);
  for (let i = 0; i < runs.length; i += 2) {
    expect(runs[i + 1]!.stepSize).toBeGreaterThan(runs[i]!.stepSize);
    expect(runs[i + 1]!.uplinkCompressedBits).toBeLessThanOrEqual(runs[i]!.uplinkCompressedBits);
    expect(runs[i + 1]!.uplinkBits).toBeGreaterThan(runs[i]!.uplinkBits);
  }
});

test("Fig. 2 left: small b diverges; b = 1.5 converges, later than b = 1", async () => {
  const runs = (await play(load("shifted-fig2-left"))).map(({ summary }) => summary);
  const by = new Map(runs.map((run) => [run.label, run]));
  for (const b of ["b=0.05", "b=0.1"]) expect(by.get(b)?.stoppedBy).toBe("diverged");
  for (const b of ["b=0.5", "b=0.75", "b=1", "b=1.5", "b=2"]) expect(by.get(b)?.stoppedBy).toBe("relativeError");
  const rounds = ["b=0.75", "b=1", "b=1.5", "b=2"].map((b) => by.get(b)!.rounds);
  expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
});

test("Fig. 2 right: fewer bits for smaller p, divergence below 0.05", async () => {
  const played = await play(load("shifted-fig2-right"));
  const bits = new Map(
    played.map(({ summary, points }) => [
      summary.label,
      points.find(({ relativeError }) => relativeError <= 1e-2)?.uplinkBits ?? Infinity,
    ]),
  );
  const falling = ["p=0.8", "p=0.4", "p=0.2", "p=0.1"].map((p) => bits.get(p)!);
  expect(falling).toEqual([...falling].sort((a, b) => b - a));
  for (const { summary } of played) {
    if (summary.label === "p=0.02" || summary.label === "p=0.01") expect(summary.stoppedBy).toBe("diverged");
    else expect(summary.relativeError).toBeLessThan(1e-2);
  }
});

test("MARINA, EF21, DIANA, ADIANA: square root of kappa, twice the bits, and larger steps", async () => {
  const experiment = load("marina-ef21-diana-adiana");
  const labels = ["DIANA", "ADIANA", "MARINA", "EF21, 16 x theory"];
  experiment.runs = experiment.runs.filter(({ label }) => labels.includes(label!));
  experiment.stop = { rounds: 20_000, relativeError: 4e-2 };
  experiment.record = 20;
  const at = async (lambda: number) => {
    experiment.problem.lambda = lambda;
    const runs = (await play(experiment)).map(({ summary }) => summary);
    return Object.fromEntries(runs.map((run) => [run.label, run]));
  };
  const [mild, steep] = [await at(3e-3), await at(3e-4)];
  for (const { DIANA, MARINA } of [mild, steep]) {
    expect(MARINA!.stepSize / DIANA!.stepSize).toBeGreaterThan(0.95);
    expect(MARINA!.stepSize / DIANA!.stepSize).toBeLessThan(1.05);
    expect(MARINA!.rounds / DIANA!.rounds).toBeGreaterThan(0.8);
    expect(MARINA!.rounds / DIANA!.rounds).toBeLessThan(1.2);
    expect(MARINA!.uplinkBits / DIANA!.uplinkBits).toBeGreaterThan(1.5);
  }
  const growth = (label: string) => steep[label]!.rounds / mild[label]!.rounds;
  expect(growth("DIANA")).toBeGreaterThan(2 * growth("ADIANA"));
  const fewest = Math.min(...Object.values(steep).map(({ uplinkBits }) => uplinkBits));
  expect(steep["EF21, 16 x theory"]!.uplinkBits).toBe(fewest);
});
