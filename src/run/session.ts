/** Plays the runs of one experiment: builds the nodes, loops over rounds, measures, stops. */
import type { Ops } from "../../bindings/ops.ts";
import type { Compressor, Method, Problem, Resolved, Slots, Smoothness, Vec } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { estimationOf } from "../estimators/index.ts";
import { methods } from "../methods/index.ts";
import { withAggregator } from "./aggregation.ts";
import { Clock } from "./clock.ts";
import { type Cluster, createOps, createSlots, loopbackCluster, type RunDescription } from "./cluster.ts";
import type { Experiment, RunSpec, StopSpec } from "./config.ts";
import { completeFacts, resolveStep } from "./estimation.ts";
import { Evaluator } from "./evaluator.ts";
import { AsyncServer } from "./events.ts";
import { createFacts } from "./facts.ts";
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

/** A run of any kind, as the loop sees it. */
interface Player {
  readonly round: number;
  readonly ledger: Ledger;
  play(): Promise<void> | undefined;
  /** The current answer of the method into `x`. */
  iterate(x: Vec): Promise<void> | undefined;
  readonly memory: number;
}

/** One run, built. */
interface Built {
  ops: Ops;
  cluster: Cluster;
  clock: Clock | undefined;
  method: Method;
  resolved: Resolved;
  codecs: readonly Slots[];
  player: Player;
}

const TICK_SECONDS = 0.1;
const DIVERGED = 1e12;

/** Specs of every worker's slots from a run's `compressor` and `compressors`. @throws UsageError */
export function slotSpecs(run: RunSpec, method: Method, n: number): Record<string, string>[] {
  const known = Object.keys(method.needs.compressors);
  const given: Record<string, string | string[]> = { ...method.needs.defaults };
  if (Array.isArray(run.compressors)) given.gradient = run.compressors;
  else Object.assign(given, run.compressors);
  if (run.compressor !== undefined) {
    if (run.compressors !== undefined && (Array.isArray(run.compressors) || run.compressors.gradient !== undefined))
      throw new UsageError(`${run.method}: give the slot gradient once, as compressor or in compressors`);
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
      throw new UsageError(
        `${run.method}: slot ${slot} must have one compressor per worker (${n}), got ${specs.length}`,
      );
    }
  }
  return Array.from({ length: n }, (_, i) =>
    Object.fromEntries(
      Object.entries(given).map(([slot, specs]) => [slot, typeof specs === "string" ? specs : specs[i]!]),
    ),
  );
}

/** What the runs of one experiment share. */
export class Session {
  readonly evaluator: Evaluator;
  readonly #experiment: Experiment;
  readonly #options: RunOptions;
  readonly #problem: Problem;
  readonly #smoothness: Smoothness;
  readonly #start: Float64Array;

  constructor(
    experiment: Experiment,
    options: RunOptions,
    problem: Problem,
    smoothness: Smoothness,
    start: Float64Array,
  ) {
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

  async #build(index: number, run: RunSpec): Promise<Built> {
    const experiment = this.#experiment;
    const problem = this.#problem;
    const method = withAggregator(methods[run.method]!, run.aggregator);
    const { dtype, backend } = experiment;
    const n = problem.workers;
    const { dim } = problem;
    const ops = createOps(backend, dtype);
    const slots = slotSpecs(run, method, n);
    const cache = new Map<string, Compressor>();
    const codecs = slots.map((specs, i) => createSlots(ops, dim, i, n, specs, cache));
    const estimator = estimationOf(run, method);
    const exact = createFacts(this.#smoothness, dim, codecs);
    const resolved = resolveStep(method, run.options ?? {}, completeFacts(exact, method, estimator, problem));
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
      ...(estimator && { estimator }),
      ...(optimum && { optimum }),
      ...(neighbours && { topology: neighbours }),
    };
    const shards = Array.from({ length: n }, (_, i) => problem.shard(i));
    // loaded on demand: browsers load this file too
    const cluster =
      experiment.transport === "threads"
        ? await (await import("./threads-cluster.ts")).threadsCluster(description, shards, experiment.threads)
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

  async #loop(index: number, run: RunSpec, label: string, stop: StopSpec, built: Built): Promise<RunSummary> {
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
        uplinkCompressedBits: ledger.uplinkCompressedBits,
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
      if (stop.gradientNormSquared !== undefined && measured.gradientNormSquared <= stop.gradientNormSquared)
        return "gradientNormSquared";
      if (stop.relativeError !== undefined && measured.relativeError <= stop.relativeError) return "relativeError";
      return measured.relativeError < DIVERGED ? undefined : "diverged";
    };

    if (limit === Infinity && stop.relativeError === undefined && stop.uplinkBits === undefined) {
      throw new UsageError(`experiment: ${label} never stops: give stop.rounds, stop.relativeError or stop.uplinkBits`);
    }
    stoppedBy = await record();
    const every = this.#experiment.record;
    while (stoppedBy === undefined) {
      try {
        const playing = player.play();
        if (playing) await playing;
      } catch (error) {
        if (!overflowed(error)) throw error;
        stoppedBy = "diverged"; // between records: a node met numbers beyond its type
      }
      stoppedBy ??=
        player.round >= limit
          ? "rounds"
          : player.ledger.uplinkBits >= (stop.uplinkBits ?? Infinity)
            ? "uplinkBits"
            : signal?.aborted
              ? "interrupted"
              : undefined;
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
    { ops, cluster, method, resolved, codecs, player }: Built,
  ): RunSummary {
    const { gamma, formula, ...options } = resolved;
    const { round, run: _index, ...measured } = point;
    const specs = Object.fromEntries(Object.entries(codecs[0] ?? {}).map(([slot, codec]) => [slot, codec.spec]));
    const estimator = estimationOf(run, method);
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
      ...(estimator && { estimator: { name: estimator.name, ...estimator.options } }),
      ...(run.aggregator !== undefined && { aggregator: run.aggregator }),
      workers: n,
      dim: this.#problem.dim,
      dtype: ops.dtype,
      seed: run.seed ?? this.#experiment.seed,
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

/** Whether an error, possibly of another thread, says that a vector was no longer finite. */
function overflowed(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (/must be finite, got/.test(at.message)) return true;
  return false;
}

function total(stats: Float64Array, which: Stat): number {
  let sum = 0;
  for (let at = which; at < stats.length; at += STATS) sum += stats[at]!;
  return sum;
}

function createPlayer(
  setup: ServerSetup,
  cluster: Cluster,
  neighbours: ReturnType<typeof topology> | undefined,
): Player {
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
  const server = setup.method.events
    ? new AsyncServer(setup, cluster.transport)
    : new RoundServer(setup, cluster.transport);
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
