/** One experiment with every method: experiments/all-methods.json, made from the promises so that none can be missing. */
import type { Method } from "../../src/core/contracts.ts";
import { methods } from "../../src/methods/index.ts";
import { formatBits, formatInteger, formatScientific } from "../../src/report/format.ts";
import { byRun, outcome } from "../../src/report/series.ts";
import { type Experiment, parseExperiment, type RunSpec } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import type { TracePoint } from "../../src/run/trace.ts";
import type { MethodPromise, PromiseModule } from "./contract.ts";

export const SMOKE = "all-methods";

/** Keys of a promise that a run of an experiment has as well. */
const shared = ["estimator", "batch", "aggregator", "topology", "network"] as const;

type Settings = Readonly<Record<string, unknown>>;

/** The experiment as JSON: the conditions of each method's first promise, on one problem. */
export function smokeExperiment(modules: Readonly<Record<string, PromiseModule>>): Settings {
  return {
    description:
      "Every method on one small ridge regression, with its default step or that of its promise: bits to 1e-6. Made by scripts/methods.mjs.",
    problem: {
      name: "ridge",
      lambda: 1,
      data: { generator: "make-regression", rows: 60, features: 12, informative: 6, noise: 5 },
      split: "contiguous",
    },
    workers: 6,
    dtype: "f64",
    seed: 7,
    record: 20,
    stop: { rounds: 8000, relativeError: 1e-6 },
    runs: Object.values(methods).flatMap((method) => {
      const module = modules[method.name];
      return module ? [runOf(method, [module.promise].flat()[0]!)] : [];
    }),
  };
}

function runOf({ name }: Method, promise: MethodPromise): Settings {
  const { slots, options, shown } = promise;
  const given = promise as unknown as Settings;
  const rest = Object.fromEntries(shared.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]));
  const specs = Array.isArray(slots) ? perWorker(slots) : slots;
  return {
    method: name,
    ...(specs && Object.keys(specs).length > 0 && { compressors: specs }),
    ...rest,
    ...((shown ?? options) && { options: shown ?? options }),
  };
}

/** [{ gradient: a }, { gradient: b }] as { gradient: [a, b] }. */
function perWorker(slots: readonly Readonly<Record<string, string>>[]): Record<string, string[]> {
  return Object.fromEntries(Object.keys(slots[0] ?? {}).map((slot) => [slot, slots.map((of) => of[slot]!)]));
}

/** Plays the experiment and tells for each method what 1e-6 costs, or where it stalls: the mean of the last third of the points. */
export async function smokeTable(json: Settings): Promise<string> {
  const experiment: Experiment = parseExperiment(json);
  const trace: TracePoint[] = [];
  const { runs } = await runExperiment(experiment, {
    baseDir: ".",
    name: SMOKE,
    version: "",
    listener: { point: (point) => trace.push(point) },
  });
  const points = byRun(trace, runs.length);
  const lines = runs.map((run, i) => {
    const end = outcome(run, points[i]!, experiment.stop!.relativeError!);
    const compressors = Object.entries(run.compressors).map(
      ([slot, spec]) => `${slot === "gradient" ? "" : `${slot} `}\`${spec}\``,
    );
    const cells = [
      `\`${run.method}\``,
      compressors.join(", ") || "-",
      stepOf(experiment.runs[i]!, run.stepSize),
      ...(end.kind === "reached"
        ? [formatInteger(end.point.round), formatBits(end.point.uplinkBits)]
        : [formatInteger(run.rounds), `${run.promise}: ${formatScientific(lastThird(points[i]!))}`]),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return `| method | compressors | step | rounds | uplink a worker to 1e-6 |
|---|---|---|---|---|
${lines.join("\n")}`;
}

function lastThird(points: readonly TracePoint[]): number {
  const last = points.slice(Math.floor((points.length * 2) / 3));
  return last.reduce((sum, { relativeError }) => sum + relativeError / last.length, 0);
}

const stepOf = ({ options }: RunSpec, value: number): string =>
  `${typeof options?.gamma === "number" ? "given" : "theory"}: ${value.toPrecision(3)}`;
