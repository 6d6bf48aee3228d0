/** Plays the runs of one experiment: builds the nodes, loops over rounds, measures, stops. */
import type { Ops } from "../../bindings/ops.ts";
import type { Compressor, Method, Problem, Resolved, Shard, Slots, Smoothness, Vec } from "../core/contracts.ts";
import { OVERFLOW, UsageError } from "../core/errors.ts";
import { estimationOf } from "../estimators/index.ts";
import { methods } from "../methods/index.ts";
import type { SeparableProx } from "../prox/index.ts";
import { withAggregator } from "./aggregation.ts";
import { Clock } from "./clock.ts";
import { type Cluster, createOps, createSlots, loopbackCluster, type RunDescription } from "./cluster.ts";
import type { Experiment, RunSpec, StopSpec } from "./config.ts";
import type { Checkpoint } from "./control.ts";
import { completeFacts, resolveStep } from "./estimation.ts";
import { Evaluator, gradientAt } from "./evaluator.ts";
import type { AsyncServer } from "./events.ts";
import { asksDownlink, averageFactor, checkExtras } from "./extras.ts";
import { createFacts } from "./facts.ts";
import { frameLimit } from "./node.ts";
import type { PeerHub } from "./peers.ts";
import { hexadecimal, soon, threadsHere } from "./platform.ts";
import { createPlayer, type Player } from "./player.ts";
import type { RoundServer, ServerSetup } from "./rounds.ts";
import { participationOf } from "./sampling.ts";
import { slotSpecs } from "./slots.ts";
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
  /** Where the nodes of a run live; by default what the experiment's `transport` says. */
  cluster?(description: RunDescription, shards: readonly Shard[], limit: number): Promise<Cluster>;
  /** What the server does about workers that are late, gone or hostile. */
  server?: Pick<ServerSetup, "partial" | "quorum" | "resync" | "guard" | "patience">;
  /** Saves the states of all nodes now and then, and takes up a run where it was saved. */
  checkpoints?: Checkpoints;
  /** Gets the server of each run, to look at while it plays. */
  observe?(server: RoundServer | AsyncServer | PeerHub): void;
}

/** A run between two of its rounds, with the runs before it. */
export interface Saved {
  readonly run: number;
  readonly round: number;
  readonly checkpoint: Checkpoint;
  readonly seconds: number;
  readonly bestRelativeError: number;
  readonly finished: readonly RunSummary[];
}

export interface Checkpoints {
  /** Rounds from one to the next. */
  readonly every: number;
  save(saved: Saved): void;
  readonly resume?: Saved;
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
  evaluator: Evaluator;
  /** What the run adds to its method, for the summary. */
  extras: Pick<RunSummary, "prox" | "participation" | "average">;
}

const TICK_SECONDS = 0.1;

/** What the runs of one experiment share. */
export class Session {
  readonly #experiment: Experiment;
  readonly #options: RunOptions;
  readonly #problem: Problem;
  readonly #smoothness: Smoothness;
  readonly #start: Float64Array;
  readonly #evaluators = new Map<string, Evaluator>();
  /** Kept for all runs: what is made from one, a smoothness matrix and its root, is then made once. */
  readonly #shards: readonly Shard[];

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
    this.#shards = Array.from({ length: problem.workers }, (_, i) => problem.shard(i));
  }

  /** @param finished the runs before this one */
  async play(index: number, run: RunSpec, finished: readonly RunSummary[]): Promise<RunSummary> {
    const { listener } = this.#options;
    const experiment = this.#experiment;
    const label = run.label ?? run.method;
    const stop = { ...experiment.stop, ...run.stop };
    listener?.start?.(index, label, stop);
    const built = await this.#build(index, run);
    try {
      return await this.#loop(index, run, label, stop, built, finished);
    } finally {
      await built.cluster.close();
    }
  }

  /** One for every psi of the experiment. */
  #evaluator(prox: SeparableProx | undefined): Evaluator {
    const spec = prox?.spec ?? "";
    let evaluator = this.#evaluators.get(spec);
    if (!evaluator) {
      evaluator = new Evaluator(this.#problem, this.#experiment.backend, this.#start, prox);
      this.#evaluators.set(spec, evaluator);
    }
    return evaluator;
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
    const shards = this.#shards;
    const codecs = slots.map((specs, i) => createSlots(ops, dim, i, n, specs, cache, shards[i]!));
    const estimator = estimationOf(run, method);
    const participation = participationOf(run.participation, n);
    const exact = createFacts(this.#smoothness, dim, codecs, participation);
    const prox = checkExtras(run, asksDownlink(run.compressors, method), method);
    const facts = completeFacts(exact, method, estimator, problem, prox !== undefined);
    const resolved = resolveStep(method, run.options ?? {}, facts);
    const seed = BigInt(run.seed ?? experiment.seed);
    const evaluator = this.#evaluator(prox);
    const optimum = method.needs.optimum ? evaluator.optimum : undefined;
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
    const limit = Math.max(...codecs.map((of) => frameLimit(dim, of)));
    const cluster = await (this.#options.cluster?.(description, shards, limit) ??
      this.#cluster(description, shards, ops));
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
      prox,
      participation,
      average: averageFactor(run.average, resolved.gamma, exact.mu),
      ...this.#options.server,
      ...(experiment.resync !== undefined && { resync: experiment.resync }),
      ...(optimum && { optimum }),
      ...(optimum && prox && { optimumGradient: gradientAt(problem, optimum) }),
    };
    const player = createPlayer(setup, cluster, neighbours, this.#options.observe);
    const extras = {
      ...(prox && { prox: prox.spec }),
      ...(participation && { participation: participation.chance }),
      ...(run.average && { average: run.average }),
    };
    return { ops, cluster, clock, method, resolved, codecs, player, evaluator, extras };
  }

  #cluster(description: RunDescription, shards: readonly Shard[], ops: Ops): Cluster | Promise<Cluster> {
    const { transport, threads } = this.#experiment;
    if (transport === "loopback") return loopbackCluster(description, shards, ops);
    return threadsHere(description, shards, threads);
  }

  async #loop(
    index: number,
    run: RunSpec,
    label: string,
    stop: StopSpec,
    built: Built,
    finished: readonly RunSummary[],
  ): Promise<RunSummary> {
    const { listener, signal, checkpoints } = this.#options;
    const { ops, cluster, clock, player, evaluator } = built;
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
        ...evaluator.evaluate(x),
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
      return evaluator.diverged ? "diverged" : undefined;
    };

    if (stop.relativeError !== undefined && this.#problem.least !== undefined) {
      throw new UsageError(
        `experiment: ${label}: stop.relativeError needs x*, which ${this.#problem.name} does not have; give stop.gradientNormSquared`,
      );
    }
    if (limit === Infinity && stop.relativeError === undefined && stop.uplinkBits === undefined) {
      throw new UsageError(`experiment: ${label} never stops: give stop.rounds, stop.relativeError or stop.uplinkBits`);
    }
    const save = async (): Promise<void> => {
      seconds += (performance.now() - since) / 1000;
      const { round } = player;
      const checkpoint = await player.snapshot();
      checkpoints!.save({ run: index, round, checkpoint, seconds, bestRelativeError: best, finished });
      since = performance.now();
    };
    const resume = checkpoints?.resume;
    if (resume?.run === index) {
      await player.restore(resume.checkpoint);
      ({ seconds, bestRelativeError: best } = resume);
    } else stoppedBy = await record();
    const every = this.#experiment.record;
    while (stoppedBy === undefined) {
      let whole = true;
      try {
        const playing = player.play();
        if (playing) await playing;
      } catch (error) {
        if (!overflowed(error) && !signal?.aborted) throw error;
        stoppedBy = overflowed(error) ? "diverged" : "interrupted"; // a node met numbers beyond its type
        whole = false;
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
      if (
        checkpoints &&
        whole &&
        (stoppedBy === undefined ? player.round % checkpoints.every === 0 : stoppedBy === "interrupted")
      )
        await save();
      const now = performance.now();
      if (now - lastYield > 1000 * TICK_SECONDS) {
        lastYield = now;
        listener?.tick?.(index, player.round, player.ledger.uplinkBits, point?.relativeError);
        await new Promise((resolve) => soon(resolve)); // signals and progress get their turn
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
    { ops, cluster, method, resolved, codecs, player, extras }: Built,
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
      ...extras,
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
      setupBits: codecs.reduce((sum, of) => sum + setupBits(of), 0) / n,
      solution: hexadecimal(out.view),
    };
  }

  #parallel(n: number): number {
    return this.#experiment.transport === "threads" ? Math.min(n, this.#experiment.threads ?? 2) : 1;
  }
}

/** What a worker's compressors need at the server besides payloads: all are made from one matrix. */
const setupBits = (slots: Slots): number =>
  8 * Object.values(slots).reduce((most, { setupBytes = 0 }) => Math.max(most, setupBytes), 0);

/** Whether an error, possibly of another thread, says that a vector was no longer finite. */
function overflowed(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (OVERFLOW.test(at.message)) return true;
  return false;
}

function total(stats: Float64Array, which: Stat): number {
  let sum = 0;
  for (let at = which; at < stats.length; at += STATS) sum += stats[at]!;
  return sum;
}
