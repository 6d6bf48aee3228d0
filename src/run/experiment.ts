/**
 * One experiment: reads the data, splits it, builds the problem and its constants, then plays its runs one after
 * another. Knows nothing of files it writes or of terminals: points and summaries go to a listener.
 */
import type { Problem, Shard } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { Rng, SETUP } from "../core/rng.ts";
import { binaryLabels, type Data } from "../data/matrix.ts";
import { split } from "../data/split.ts";
import { estimationOf } from "../estimators/index.ts";
import { methods } from "../methods/index.ts";
import { createProblem, findProblem } from "../problems/index.ts";
import { withAggregator } from "./aggregation.ts";
import { createOps } from "./cluster.ts";
import type { Experiment } from "./config.ts";
import { asksDownlink, checkExtras } from "./extras.ts";
import { type RunOptions, Session } from "./session.ts";
import type { ExperimentSummary } from "./trace.ts";

/** Parts of the set-up stream: what is drawn for one purpose does not depend on another. */
enum Setup {
  Data = 0,
  Start = 1,
  Split = 2,
  Problem = 3,
}

/** Plays an experiment. The returned summary holds the runs that finished or were interrupted, in the file's order. */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<ExperimentSummary> {
  checkNames(experiment);
  const began = performance.now();
  const stream = setupStream(experiment);
  const { problem, rows, standIn } = await buildProblem(experiment, options.baseDir, stream);
  const smoothness = problem.smoothness(experiment.smoothness);
  const session = new Session(
    experiment,
    options,
    problem,
    smoothness,
    startingPoint(experiment, problem, stream(Setup.Start)),
  );
  const summary: ExperimentSummary = {
    experiment: options.name,
    version: options.version,
    problem: {
      ...experiment.problem,
      name: problem.name,
      dim: problem.dim,
      workers: problem.workers,
      rows,
      L: smoothness.L,
      Lmax: Math.max(...smoothness.Li),
      mu: smoothness.mu,
      ...(standIn && { standIn }),
    },
    backend: createOps(experiment.backend, "f64").kernels.backend,
    transport: experiment.transport,
    seconds: 0,
    target: experiment.stop?.relativeError ?? null,
    runs: [],
  };
  options.listener?.begin?.(summary);
  const resume = options.checkpoints?.resume;
  summary.runs.push(...(resume?.finished ?? []));
  for (let i = resume?.run ?? 0; i < experiment.runs.length; ++i) {
    summary.runs.push(await session.play(i, experiment.runs[i]!, summary.runs));
    summary.seconds = (performance.now() - began) / 1000;
    if (options.signal?.aborted) break;
  }
  return summary;
}

/** What one worker of an experiment is built from: for workers that read their data themselves. */
export async function shardOf(experiment: Experiment, baseDir: string, worker: number): Promise<Shard> {
  checkNames(experiment);
  return (await buildProblem(experiment, baseDir, setupStream(experiment))).problem.shard(worker);
}

function setupStream(experiment: Experiment): (purpose: Setup, seed?: number) => Rng {
  const ops = createOps(experiment.backend, "f64");
  return (purpose, seed = experiment.seed) => new Rng(ops, BigInt(seed), SETUP).at(purpose, 0);
}

/** Unknown methods, slots and options are found before anything is read. @throws UsageError */
function checkNames(experiment: Experiment): void {
  findProblem(experiment.problem.name);
  experiment.runs.forEach((run, i) => {
    const method = Object.hasOwn(methods, run.method) ? methods[run.method] : undefined;
    if (!method) {
      throw new UsageError(
        `experiment.runs[${i}].method: unknown name "${run.method}"; ${suggestion(run.method, Object.keys(methods))}`,
      );
    }
    estimationOf(run, method, `experiment.runs[${i}]`);
    withAggregator(method, run.aggregator, `experiment.runs[${i}]`);
    checkExtras(run, asksDownlink(run.compressors, method), method, `experiment.runs[${i}]`);
    for (const key of Object.keys(run.options ?? {})) {
      if (Object.hasOwn(method.options, key)) continue;
      throw new UsageError(
        `experiment.runs[${i}].options: unknown key "${key}" for ${run.method}; ${suggestion(key, Object.keys(method.options))}`,
      );
    }
  });
}

async function buildProblem(
  experiment: Experiment,
  baseDir: string,
  stream: (purpose: Setup, seed?: number) => Rng,
): Promise<{ problem: Problem; rows: number; standIn?: true }> {
  const { data: dataSpec, split: how, ...spec } = experiment.problem;
  const factory = findProblem(spec.name);
  for (const key of Object.keys(spec)) {
    if (key === "name" || Object.hasOwn(factory.options, key)) continue;
    throw new UsageError(
      `experiment.problem: unknown key "${key}" for ${spec.name}; ${suggestion(key, ["data", "split", ...Object.keys(factory.options)])}`,
    );
  }
  const random = stream(Setup.Problem);
  if (!factory.data) {
    if (dataSpec) throw new UsageError(`experiment.problem.data: ${spec.name} is not made of data`);
    const problem = createProblem(spec, { workers: experiment.workers ?? 1, random });
    return { problem, rows: 0 };
  }
  if (!dataSpec) throw new UsageError(`experiment.problem.data: is missing, ${spec.name} is made of data`);
  // the rows are split by the labels of the file; classes become +1 and -1 afterwards
  const { positive, ...source } = dataSpec as { positive?: never };
  const { chooseData, loadData } = await import("../data/load.ts"); // files: Node only, so not before they are needed
  const chosen = chooseData(source, baseDir);
  let data: Data = await loadData(chosen.spec, baseDir, (seed) => stream(Setup.Data, seed));
  const rows = split(data, experiment.workers ?? 1, how ?? "even", stream(Setup.Split));
  if (positive !== undefined) data = binaryLabels(data, positive);
  const problem = createProblem(spec, { workers: rows.length, data, rows, random });
  return { problem, rows: data.rows, ...(chosen.standIn && { standIn: true }) };
}

function startingPoint(experiment: Experiment, problem: Problem, random: Rng): Float64Array {
  const { start } = experiment;
  const d = problem.dim;
  if (start === undefined) return problem.start?.slice() ?? new Float64Array(d);
  if (Array.isArray(start)) {
    if (start.length !== d) throw new UsageError(`experiment.start: must have ${d} numbers (d), got ${start.length}`);
    return Float64Array.from(start);
  }
  if ("normal" in start) return Float64Array.from({ length: d }, () => start.normal * random.normal());
  if ("constant" in start) return new Float64Array(d).fill(start.constant);
  return problem.optimum().map((value) => value + start.optimumPlus);
}
