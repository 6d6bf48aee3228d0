/**
 * One experiment: reads the data, splits it, builds the problem and its constants, then plays its runs one after
 * another. Knows nothing of files it writes or of terminals: points and summaries go to a listener.
 */
import { Ops } from "../../bindings/ops.ts";
import { loadKernels } from "../../bindings/load.ts";
import linalgBytes from "../../build/linalg.wasm";
import type { Facts, Method, Problem, Smoothness, Vec } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { Rng, SETUP } from "../core/rng.ts";
import { loadData } from "../data/load.ts";
import { binaryLabels, type Data } from "../data/matrix.ts";
import { split } from "../data/split.ts";
import { methods } from "../methods/index.ts";
import { createProblem, findProblem } from "../problems/index.ts";
import { Clock } from "./clock.ts";
import { type Cluster, createOps, createSlots, loopbackCluster, type RunDescription, threadsCluster } from "./cluster.ts";
import type { Experiment, RunSpec, StopSpec } from "./config.ts";
import { AsyncServer } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { PeerHub } from "./peers.ts";
import { RoundServer, type ServerSetup } from "./rounds.ts";
import { STATS, Stat } from "./timing.ts";
import { topology } from "./topology.ts";
import type { ExperimentSummary, RunSummary, StoppedBy, TracePoint } from "./trace.ts";

export interface Listener {
  /** Before the first run. */
  begin?(summary: ExperimentSummary): void;
  start?(run: number, label: string, stop: StopSpec): void;
  /** A recorded round. */
  point?(point: TracePoint): void;
  /** Between records, some times a second. */
  tick?(run: number, round: number, uplinkBits: number, relativeError: number | undefined): void;
  finish?(run: number, summary: RunSummary): void;
}

export interface RunOptions {
  /** Folder that relative paths in the experiment start from. */
  baseDir: string;
  name: string;
  version: string;
  signal?: AbortSignal;
  listener?: Listener;
}

/** Parts of the set-up stream: what is drawn for one purpose does not depend on another. */
enum Setup {
  Data = 0,
  Start = 1,
  Split = 2,
  Problem = 3,
}

/** A run of any kind, as the loop sees it. */
interface Player {
  readonly round: number;
  readonly ledger: Ledger;
  play(): Promise<void> | undefined;
  /** The current answer of the method into `x`. */
  iterate(x: Vec): Promise<void> | undefined;
  readonly memory: number;
}

const TICK_SECONDS = 0.1;
const DIVERGED = 1e12;

/** Plays an experiment. The returned summary holds the runs that finished or were interrupted, in the file's order. */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<ExperimentSummary> {
  checkNames(experiment);
  const began = performance.now();
  const setupOps = createOps(experiment.backend, "f64");
  const stream = (purpose: Setup, seed = experiment.seed) => new Rng(setupOps, BigInt(seed), SETUP).at(purpose, 0);
  const { problem, rows } = await buildProblem(experiment, options.baseDir, stream);
  const smoothness = problem.smoothness(experiment.smoothness);
  const session = new Session(experiment, options, problem, smoothness, startingPoint(experiment, problem, stream(Setup.Start)));
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
    },
    backend: session.evaluator.ops.kernels.backend,
    transport: experiment.transport,
    seconds: 0,
    target: experiment.stop?.relativeError ?? null,
    runs: [],
  };
  options.listener?.begin?.(summary);
  for (let i = 0; i < experiment.runs.length; ++i) {
    summary.runs.push(await session.play(i, experiment.runs[i]!));
    summary.seconds = (performance.now() - began) / 1000;
    if (options.signal?.aborted) break;
  }
  return summary;
}

/** Unknown methods, slots and options are found before anything is read. @throws UsageError */
function checkNames(experiment: Experiment): void {
  findProblem(experiment.problem.name);
  experiment.runs.forEach((run, i) => {
    const method = Object.hasOwn(methods, run.method) ? methods[run.method] : undefined;
    if (!method) {
      throw new UsageError(`experiment.runs[${i}].method: unknown name "${run.method}"; ${suggestion(run.method, Object.keys(methods))}`);
    }
    for (const key of Object.keys(run.options ?? {})) {
      if (Object.hasOwn(method.options, key)) continue;
      throw new UsageError(`experiment.runs[${i}].options: unknown key "${key}" for ${run.method}; ${suggestion(key, Object.keys(method.options))}`);
    }
  });
}

async function buildProblem(
  experiment: Experiment,
  baseDir: string,
  stream: (purpose: Setup, seed?: number) => Rng,
): Promise<{ problem: Problem; rows: number }> {
  const { data: dataSpec, split: how, ...spec } = experiment.problem;
  const factory = findProblem(spec.name);
  for (const key of Object.keys(spec)) {
    if (key === "name" || Object.hasOwn(factory.options, key)) continue;
    throw new UsageError(`experiment.problem: unknown key "${key}" for ${spec.name}; ${suggestion(key, ["data", "split", ...Object.keys(factory.options)])}`);
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
  let data: Data = await loadData(source, baseDir, (seed) => stream(Setup.Data, seed));
  const rows = split(data, experiment.workers ?? 1, how ?? "even", stream(Setup.Split));
  if (positive !== undefined) data = binaryLabels(data, positive);
  return { problem: createProblem(spec, { workers: rows.length, data, rows, random }), rows: data.rows };
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

/** Specs of every worker's slots from a run's `compressor` and `compressors`. @throws UsageError */
export function slotSpecs(run: RunSpec, method: Method, n: number): Record<string, string>[] {
  const known = Object.keys(method.needs.compressors);
  const given: Record<string, string | string[]> = {};
  if (Array.isArray(run.compressors)) given.gradient = run.compressors;
  else Object.assign(given, run.compressors);
  if (run.compressor !== undefined) {
    if (given.gradient !== undefined) throw new UsageError(`${run.method}: give the slot gradient once, as compressor or in compressors`);
    given.gradient = run.compressor;
  }
  for (const slot of Object.keys(given)) {
    if (known.includes(slot)) continue;
    throw new UsageError(
      known.length === 0
        ? `${run.method}: compresses nothing, got a compressor for "${slot}"`
        : `${run.method}: unknown slot "${slot}"; ${suggestion(slot, known)}`,
    );
  }
  for (const slot of known) {
    if (given[slot] === undefined && !method.needs.optional?.includes(slot)) {
      throw new UsageError(`${run.method}: needs a compressor${slot === "gradient" ? "" : ` for the slot ${slot}`}`);
    }
    const specs = given[slot];
    if (Array.isArray(specs) && specs.length !== n) {
      throw new UsageError(`${run.method}: slot ${slot} must have one compressor per worker (${n}), got ${specs.length}`);
    }
  }
  return Array.from({ length: n }, (_, i) =>
    Object.fromEntries(Object.entries(given).map(([slot, specs]) => [slot, typeof specs === "string" ? specs : specs[i]!])),
  );
}

/** What the runs of one experiment share. */
class Session {
  readonly evaluator: Evaluator;
  readonly #experiment: Experiment;
  readonly #options: RunOptions;
  readonly #problem: Problem;
  readonly #smoothness: Smoothness;
  readonly #start: Float64Array;

  constructor(experiment: Experiment, options: RunOptions, problem: Problem, smoothness: Smoothness, start: Float64Array) {
    this.#experiment = experiment;
    this.#options = options;
    this.#problem = problem;
    this.#smoothness = smoothness;
    this.#start = start;
    this.evaluator = new Evaluator(problem, experiment.backend, start);
  }

  async play(index: number, run: RunSpec): Promise<RunSummary> {
    const { listener } = this.#options;
    const experiment = this.#experiment;
    const label = run.label ?? run.method;
    const stop = { ...experiment.stop, ...run.stop };
    listener?.start?.(index, label, stop);
    const built = await this.#build(index, run);
    try {
      return await this.#loop(index, run, label, stop, built);
    } finally {
      await built.cluster.close();
    }
  }

  async #build(index: number, run: RunSpec) {
    const experiment = this.#experiment;
    const problem = this.#problem;
    const method = methods[run.method]!;
    const { dtype, backend } = experiment;
    const n = problem.workers;
    const { dim } = problem;
    const ops = new Ops(loadKernels(backend, [linalgBytes]), dtype);
    const slots = slotSpecs(run, method, n);
    const cache = new Map();
    const codecs = slots.map((specs, i) => createSlots(ops, dim, i, n, specs, cache));
    const resolved = method.resolve(run.options ?? {}, facts(this.#smoothness, dim, codecs));
    const seed = BigInt(run.seed ?? experiment.seed);
    const optimum = method.needs.optimum ? problem.optimum() : undefined;
    const neighbours = method.peer ? topology(run.topology ?? experiment.topology ?? "ring", n) : undefined;
    const description: RunDescription = {
      run: index,
      method: method.name,
      options: resolved,
      n,
      dim,
      seed,
      dtype,
      backend,
      start: this.#start,
      slots: codecs.map((of) => Object.fromEntries(Object.entries(of).map(([slot, codec]) => [slot, codec.spec]))),
      timed: true,
      ...(optimum && { optimum }),
      ...(neighbours && { topology: neighbours }),
    };
    const shards = Array.from({ length: n }, (_, i) => problem.shard(i));
    const cluster =
      experiment.transport === "threads"
        ? await threadsCluster(description, shards, experiment.threads)
        : loopbackCluster(description, shards, ops);
    const network = run.network ?? experiment.network;
    const clock = network && new Clock(ops, seed, n, network);
    const setup: ServerSetup = {
      ops,
      run: index,
      n,
      dim,
      seed,
      method,
      options: resolved,
      start: this.#start,
      codecs,
      clock,
      ...(optimum && { optimum }),
    };
    return { ops, cluster, clock, method, resolved, codecs, player: createPlayer(setup, cluster, neighbours) };
  }

  async #loop(
    index: number,
    run: RunSpec,
    label: string,
    stop: StopSpec,
    built: Awaited<ReturnType<Session["#build"]>>,
  ): Promise<RunSummary> {
    const { listener, signal } = this.#options;
    const { ops, cluster, clock, player } = built;
    const x = ops.vec(this.#problem.dim);
    const n = this.#problem.workers;
    const limit = stop.rounds ?? Infinity;
    let stoppedBy: StoppedBy | undefined;
    let seconds = 0;
    let best = Infinity;
    let since = performance.now();
    let lastYield = since;
    let point: TracePoint | undefined;

    const measure = async (): Promise<TracePoint> => {
      seconds += (performance.now() - since) / 1000;
      await player.iterate(x);
      const { ledger } = player;
      point = {
        run: index,
        round: player.round,
        uplinkBits: ledger.uplinkBits,
        downlinkBits: ledger.downlinkBits,
        uplinkFramingBits: ledger.uplinkFramingBits,
        downlinkFramingBits: ledger.downlinkFramingBits,
        ...this.evaluator.evaluate(x),
        gradients: total(cluster.stats, Stat.Gradients) / n,
        seconds,
        simulatedSeconds: clock ? clock.now : null,
      };
      since = performance.now();
      return point;
    };
    const record = async (): Promise<StoppedBy | undefined> => {
      const measured = await measure();
      listener?.point?.(measured);
      best = Math.min(best, measured.relativeError);
      if (stop.gradientNormSquared !== undefined && measured.gradientNormSquared <= stop.gradientNormSquared) return "gradientNormSquared";
      if (stop.relativeError !== undefined && measured.relativeError <= stop.relativeError) return "relativeError";
      return measured.relativeError < DIVERGED ? undefined : "diverged";
    };

    if (limit === Infinity && stop.relativeError === undefined && stop.uplinkBits === undefined) {
      throw new UsageError(`experiment: ${label} never stops: give stop.rounds, stop.relativeError or stop.uplinkBits`);
    }
    stoppedBy = await record();
    const every = this.#experiment.record;
    while (stoppedBy === undefined) {
      const playing = player.play();
      if (playing) await playing;
      if (player.round >= limit) stoppedBy = "rounds";
      else if (stop.uplinkBits !== undefined && player.ledger.uplinkBits >= stop.uplinkBits) stoppedBy = "uplinkBits";
      else if (signal?.aborted) stoppedBy = "interrupted";
      if (stoppedBy !== undefined || player.round % every === 0) stoppedBy = (await record()) ?? stoppedBy;
      const now = performance.now();
      if (now - lastYield > 1000 * TICK_SECONDS) {
        lastYield = now;
        listener?.tick?.(index, player.round, player.ledger.uplinkBits, point?.relativeError);
        await new Promise((resolve) => setImmediate(resolve)); // signals and progress get their turn
      }
    }
    const summary = this.#summarise(run, label, stoppedBy, best, point!, x, built);
    listener?.finish?.(index, summary);
    return summary;
  }

  #summarise(
    run: RunSpec,
    label: string,
    stoppedBy: StoppedBy,
    best: number,
    point: TracePoint,
    x: Vec,
    { ops, cluster, method, resolved, codecs, player }: Awaited<ReturnType<Session["#build"]>>,
  ): RunSummary {
    const { gamma, formula, ...options } = resolved;
    const { round, run: _index, ...measured } = point;
    const specs = Object.fromEntries(Object.entries(codecs[0] ?? {}).map(([slot, codec]) => [slot, codec.spec]));
    const n = this.#problem.workers;
    const oracle = total(cluster.stats, Stat.Oracle);
    const codec = total(cluster.stats, Stat.Codec);
    const out = ops.bytes(8);
    ops.kernels.xxh64(x.ptr, x.view.byteLength, 0, 0, out.ptr);
    return {
      method: method.name,
      compressor: specs.gradient ?? "none",
      compressors: specs,
      label,
      workers: n,
      dim: this.#problem.dim,
      dtype: ops.dtype,
      seed: String(run.seed ?? this.#experiment.seed),
      rounds: round,
      stoppedBy,
      ...measured,
      bestRelativeError: best,
      stepSize: gamma,
      stepSizeFormula: formula,
      options: options as Record<string, unknown>,
      promise: method.promise,
      secondsCodec: codec,
      secondsOracle: oracle,
      secondsTransport: Math.max(0, measured.seconds - (oracle + codec) / this.#parallel(n)),
      serverMemory: player.memory,
      workerMemory: total(cluster.stats, Stat.Memory) / n,
      solution: Buffer.from(out.view).reverse().toString("hex"),
    };
  }

  #parallel(n: number): number {
    return this.#experiment.transport === "threads" ? Math.min(n, this.#experiment.threads ?? 2) : 1;
  }
}

function total(stats: Float64Array, which: Stat): number {
  let sum = 0;
  for (let at = which; at < stats.length; at += STATS) sum += stats[at]!;
  return sum;
}

function facts({ L, Li, mu }: Smoothness, dim: number, codecs: readonly Record<string, import("../core/contracts.ts").Compressor>[]): Facts {
  const n = codecs.length;
  return {
    n,
    dim,
    L,
    Li,
    mu,
    Lmax: Math.max(...Li),
    Ltilde: Math.sqrt(Li.reduce((sum, l) => sum + l * l, 0) / n),
    omega: (slot) =>
      codecs.flatMap((of) => {
        const codec = of[slot];
        if (!codec) return [];
        if (codec.omega !== undefined) return codec.omega;
        throw new UsageError(`${codec.spec}: theory's step size needs an unbiased compressor here; give options.gamma as a number`);
      }),
    delta: (slot) => codecs.flatMap((of) => (of[slot] ? [of[slot].delta ?? 0] : [])),
  };
}

function createPlayer(setup: ServerSetup, cluster: Cluster, neighbours: ReturnType<typeof topology> | undefined): Player {
  if (neighbours) {
    const hub = new PeerHub(setup, cluster.transport, neighbours);
    return {
      get round() {
        return hub.round;
      },
      ledger: hub.ledger,
      play: () => hub.play(),
      iterate: async (x) => void (await hub.iterates(x)),
      memory: 0,
    };
  }
  const server = setup.method.events ? new AsyncServer(setup, cluster.transport) : new RoundServer(setup, cluster.transport);
  const { node } = server;
  return {
    get round() {
      return server.round;
    },
    ledger: server.ledger,
    play: () => server.play(),
    iterate(x) {
      if ("output" in node && node.output) node.output(x);
      else setup.ops.copy(node.x, x);
      return undefined;
    },
    memory: server.state.size,
  };
}

/** f, its gradient and the errors of an iterate, in f64, apart from the run. */
class Evaluator {
  readonly ops: Ops;
  readonly #oracle;
  readonly #x: Vec;
  readonly #g: Vec;
  readonly #optimum: Float64Array;
  readonly #initial: number;
  readonly #least: number;

  constructor(problem: Problem, backend: Experiment["backend"], start: Float64Array) {
    this.ops = createOps(backend, "f64");
    this.#oracle = problem.oracle(this.ops, -1);
    this.#x = this.ops.vec(problem.dim);
    this.#g = this.ops.vec(problem.dim);
    this.#optimum = problem.optimum();
    this.#x.view.set(this.#optimum);
    this.#least = this.#oracle.loss(this.#x);
    this.#initial = squaredDistance(start, this.#optimum);
  }

  evaluate(x: Vec): Pick<TracePoint, "objective" | "objectiveGap" | "gradientNormSquared" | "relativeError"> {
    this.#x.view.set(x.view);
    const objective = this.#oracle.loss(this.#x);
    this.#oracle.gradient(this.#x, this.#g);
    const error = squaredDistance(this.#x.view, this.#optimum);
    return {
      objective,
      objectiveGap: objective - this.#least,
      gradientNormSquared: this.ops.squares(this.#g),
      relativeError: this.#initial > 0 ? error / this.#initial : error,
    };
  }
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}
