/**
 * The contracts of the library, to be read first. Plugins (compressors, problems, methods) implement these; only `run/`
 * and `cli/` know which plugins exist. Everything here is synchronous and does no I/O.
 *
 * Symbols: x iterate, g gradient, h shift, m message, e error memory, gamma step size, d dimension, n workers.
 */
import type { Bytes, Vec } from "../../bindings/arena.ts";
import type { Dtype } from "../../bindings/kernels.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { Compressor, Constants } from "./compressor.ts";
import type { Rng } from "./rng.ts";

export type * from "./compressor.ts";
export type { Bytes, Dtype, Ops, Rng, Vec };

// ---------------------------------------------------------------------------------------------- problems

export type OracleKind = "gradient" | "stochastic" | "hessian";

/** f_i of one worker: mean loss over its rows plus the regulariser. */
export interface Oracle {
  readonly dim: number;
  /** Rows of data behind it. */
  readonly rows: number;
  /** g = grad f_i(x). */
  gradient(x: Vec, g: Vec): void;
  /** g = the mean gradient over `count` of the rows, regulariser included. */
  rowsGradient?(x: Vec, rows: Uint32Array, count: number, g: Vec): void;
  /** f_i(x). */
  loss(x: Vec): number;
  /** Writes the lower triangle of the Hessian of f_i at x into H, d x d row-major; above the diagonal H is unspecified. */
  hessian?(x: Vec, H: Vec): void;
  /** L_ij: smoothness of one row's function f_ij, where f_i = mean f_ij. */
  rowSmoothness?(row: number): number;
}

/** Constants of f = mean f_i that theory's step sizes need. */
export interface Smoothness {
  readonly L: number;
  /** Per worker. */
  readonly Li: readonly number[];
  readonly mu: number;
  /** max L_ij over all rows, where f_i is a mean over rows. */
  readonly Lhat?: number;
}

/** What one worker's oracle is built from, structured-cloneable: typed arrays and scalars. `name` is the problem's that reads it. */
export interface Shard {
  readonly name: string;
}

export interface Problem {
  readonly name: string;
  readonly dim: number;
  readonly workers: number;
  /** Builds worker i's oracle in the memory of `ops`; i = -1 is f itself (all rows). */
  oracle(ops: Ops, worker: number): Oracle;
  /** The same oracle's description, for another thread: `oracleFrom(shard, ops)` builds it there. */
  shard(worker: number): Shard;
  /** @throws RangeError for a reading that the problem's factory does not list */
  smoothness(reading?: string): Smoothness;
  /**
   * x*, to machine precision in f64; of several minimisers the one of least norm.
   * @throws RangeError where there is none, or none that can be computed
   */
  optimum(): Float64Array;
  /** Squared distance to the nearest minimiser, for problems that may have several; |x - optimum()|^2 where absent. */
  distance2?(x: ArrayLike<number>): number;
  /** Non-convex problems only: a lower bound of f. They have no `optimum`, so errors of x are not reported. */
  readonly least?: number;
  /** The starting point that the problem names, if it names one. */
  readonly start?: Float64Array;
}

/** psi of f + psi: closed, convex, with a cheap proximal operator. One file, one registry line, one test. */
export interface Prox {
  /** Canonical text, as an experiment's `prox` gives it. */
  readonly spec: string;
  /** x = prox_{gamma psi}(x) = argmin_y psi(y) + |y - x|^2/(2 gamma). */
  apply(gamma: number, x: Vec): void;
  /** psi(x); Infinity outside its domain. */
  value(x: Vec): number;
}

// ---------------------------------------------------------------------------------------------- nodes

/** Several exchanges may make a round. Keys randomness and deduplication. */
export interface Turn {
  readonly round: number;
  readonly exchange: number;
}

export interface Scalar {
  value: number;
}

/** All memory of a node that outlives a turn. Asking for a name again gives the same memory. */
export interface State {
  /** Zeroed at first; n defaults to d. */
  vec(name: string, n?: number): Vec;
  /** 0 at first. */
  scalar(name: string): Scalar;
  bytes(name: string, n: number): Bytes;
}

/** What was put into a message, for the sender's own use: valid until the sender's next message is begun. */
export interface Part {
  readonly bytes: number;
  /** acc += scale * C(x): the very numbers that the receiver adds. */
  addTo(scale: number, acc: Vec): void;
}

export interface Writer {
  /** Compresses x into the message. */
  put(compressor: Compressor, x: Vec): Part;
  /** x as it is: d elements. */
  dense(x: Vec): void;
  /**
   * The iterate of a broadcast, its first part: d elements, or with downlink compression (slot `model`) C(x - w), where
   * w <- w + C(x - w) is what all nodes know of x.
   */
  model(x: Vec): void;
  /** 8 bytes. */
  scalar(value: number): void;
  /** For networks with a clock: this message leaves after local step `step` of `steps`. Frames do not carry it yet. */
  sendAt(step: number, steps: number): void;
}

/** Reads the parts in the order they were put. Every call throws WireError when the next part is not such a part. */
export interface Reader {
  /** Whether a part is left. */
  readonly more: boolean;
  addTo(compressor: Compressor, scale: number, acc: Vec): void;
  /** The vector, readable until the turn ends; never written to. */
  dense(n?: number): Vec;
  /** What `Writer.model` put: x, or w with downlink compression. */
  model(): Vec;
  scalar(): number;
}

export interface NodeEnv {
  readonly n: number;
  readonly dim: number;
  readonly ops: Ops;
  readonly state: State;
  /** This node's own stream. */
  readonly rng: Rng;
  /** A stream equal on all nodes. */
  readonly common: Rng;
  /** x*, for methods that declare that they need it. */
  readonly optimum?: Vec;
}

export type Slots = Readonly<Record<string, Compressor>>;

export interface WorkerEnv extends NodeEnv {
  readonly worker: number;
  readonly oracle: Oracle;
  readonly codecs: Slots;
}

export interface ServerEnv extends NodeEnv {
  /** Slots of every worker. */
  readonly codecs: readonly Slots[];
  /** x^0. */
  readonly start: Vec;
  /** Whether workers may lose their twin state and be welcomed back: then keep each h_i (O(nd) memory). */
  readonly resync: boolean;
  /** psi, for methods that cover `prox`; absent: 0. */
  readonly prox?: Prox;
  /** grad f(x*), for methods that declare that they need x*; absent without psi: then it is 0. */
  readonly optimumGradient?: Vec;
}

export interface PeerEnv extends NodeEnv {
  readonly worker: number;
  readonly oracle: Oracle;
  readonly codecs: Slots;
  readonly start: Vec;
  /** Mixing weights: w_ii and those of the neighbours, ascending by id. */
  readonly self: number;
  readonly neighbours: readonly { readonly id: number; readonly weight: number }[];
}

export interface WorkerNode {
  reply(turn: Turn, down: Reader, up: Writer): void;
  /** Whether the server applied the last reply: commit what the reply staged (h_i, e_i), or drop it. Called before the next reply; the reply's parts are still readable. */
  settle?(turn: Turn, applied: boolean): void;
  /** Takes what the server's `welcome` wrote: this worker joins, or its twin state is set anew. */
  join?(down: Reader): void;
}

export interface ServerNode {
  readonly x: Vec;
  /** Writes the workers of this round into `into`, ascending, and returns how many; all when absent. */
  select?(turn: Turn, into: Int32Array): number;
  /** What everyone is told. */
  open(turn: Turn, down: Writer): void;
  /** What one worker is told besides. Called again for the same turn when the message was lost: writes the same then. */
  address?(turn: Turn, worker: number, down: Writer): void;
  /** Accumulates straight from the message; called in worker order. */
  receive(turn: Turn, worker: number, up: Reader): void;
  /** The step; false asks for another exchange in this round. `answered` ascends and is not empty: where nobody answered the round ends without a step. */
  close(turn: Turn, answered: readonly number[]): boolean;
  /** What a joining or resynced worker must know to be this server's twin. `after`: it is to have the last broadcast already. */
  welcome(worker: number, down: Writer, after?: boolean): void;
  /** The method's answer, where it is not x (an ergodic average). */
  output?(into: Vec): void;
}

/** Asynchronous methods: no rounds, a worker at a time. */
export interface EventServer {
  readonly x: Vec;
  /** The workers that get a job at the start. */
  start(): readonly number[];
  /** Writes the job of `worker`. */
  assign(worker: number, down: Writer): void;
  /** Takes a result; returns the workers that get a job next. `delay`: how many results were applied since it was assigned. */
  receive(worker: number, up: Reader, delay: number): readonly number[];
  welcome(worker: number, down: Writer): void;
}

/** Decentralised methods: neighbours, no server. */
export interface PeerNode {
  readonly x: Vec;
  /** One message for all neighbours. */
  send(turn: Turn, out: Writer): void;
  /** Called in order of the senders' ids. */
  receive(turn: Turn, from: number, message: Reader): void;
  close(turn: Turn): boolean;
}

// ---------------------------------------------------------------------------------------------- estimators

/** What is known of one worker's f_i = mean f_ij. */
export interface RowFacts {
  /** Number of the f_ij. */
  readonly rows: number;
  readonly Li: number;
  /** max_j L_ij. */
  readonly Lhat: number;
  /** mean_j L_ij. */
  readonly Lbar: number;
  /** mean_j L_ij^2. */
  readonly Lsquares: number;
}

/**
 * Second moments of an unbiased estimate g of grad f_i(x), D_i the Bregman distance of x to x* and s the distance of
 * what the estimator remembers to what it should:
 *   E|g - grad f_i(x*)|^2 <= 2A D_i + B s^2 + D1;  E s+^2 <= (1 - rho) s^2 + 2C D_i
 * where D1 is not 0 only for estimators without memory (B = 0). With M = 2B/rho, g behaves as the gradient of a function
 * with smoothness A + CM.
 * Source: Gorbunov, Hanzely and Richtarik, arXiv 1905.11261, Assumption 4.1.
 */
export interface Moments {
  readonly A: number;
  readonly B: number;
  readonly rho: number;
  readonly C: number;
}

export interface EstimatorEnv {
  readonly ops: Ops;
  readonly dim: number;
  /** Exact; its `rows` is not 0 and it has `rowsGradient` and `rowSmoothness`. */
  readonly oracle: Oracle & Required<Pick<Oracle, "rowsGradient" | "rowSmoothness">>;
  /** The node's, under names of the estimator's own. */
  readonly state: State;
  /** A stream of the estimator's own. */
  readonly rng: Rng;
}

export interface Estimator {
  /** g = an unbiased estimate of grad f_i(x). May move the state: what it remembers is the worker's own affair. */
  sample(x: Vec, g: Vec): void;
}

/** Stands for the gradient of every worker, so that any method can be run with it: one file, one registry line, one test. */
export interface EstimatorFactory {
  /** As the literature writes it, kebab-case. */
  readonly name: string;
  readonly summary: string;
  readonly reference: string;
  /** Options with one line each: meaning, range, default. */
  readonly options: Readonly<Record<string, string>>;
  /** @throws RangeError for options out of range */
  moments(options: EstimatorOptions, facts: RowFacts): Moments;
  create(env: EstimatorEnv, options: EstimatorOptions): Estimator;
}

export type EstimatorOptions = Readonly<Record<string, unknown>>;

// ---------------------------------------------------------------------------------------------- methods

/**
 * What theory's step sizes are computed from. Where workers estimate their gradients, L_i is A_i + 2 B_i C_i/rho_i of the
 * estimator, and L is the smaller of L + L_max/n and L_max: steps for exact gradients are then safe for estimates.
 */
export interface Facts extends Smoothness {
  /** Constants of f and the f_i themselves, where workers estimate their gradients. */
  readonly exact?: Smoothness;
  readonly estimator?: {
    readonly name: string;
    readonly moments: readonly Moments[];
    readonly rows: readonly RowFacts[];
  };
  /** Of the workers' rows, for methods whose oracle is "stochastic". */
  readonly rows?: readonly RowFacts[];
  readonly n: number;
  readonly dim: number;
  /** Chance p that a worker takes part in a round; 1 without partial participation. `omega` counts it, `delta` does not. */
  readonly participation: number;
  /** What partial participation adds to omega: `omega` is r omega_i + spread (run/sampling.ts), omega_i of the compressor. */
  readonly spread: number;
  /** Set where the run has a psi. */
  readonly prox?: true;
  readonly Lmax: number;
  /** sqrt(mean L_i^2). */
  readonly Ltilde: number;
  /** omega_i of the compressors in a slot. @throws UsageError if one is not unbiased */
  omega(slot: string): readonly number[];
  /**
   * For smoothness-aware methods: E|S_i(g) - g|^2 <= scriptL_i |g|^2 in the norm of L_i^+, and S_i in U(omega_i) in that norm. Of
   * compressors without a matrix for L_i I: omega_i L_i and omega_i. Participation is counted as in `omega`.
   * @throws UsageError if one is not unbiased
   */
  smooth(slot: string): readonly { readonly omega: number; readonly scriptL: number }[];
  /** delta_i of the compressors in a slot (0 where there is none); empty if the slot is not used. */
  delta(slot: string): readonly number[];
  /** All that is proven of the compressors in a slot; empty if the slot is not used. */
  constants(slot: string): readonly Constants[];
}

/** A step size as users write it. */
export type StepSize = number | "theory" | { readonly theory: number };

/** What every resolved set of options says of its step size. */
export interface Resolved {
  readonly gamma: number;
  /** The rule behind gamma, for the report: "1/(L + 2 max(L_i omega_i)/n) [Shulgin-Richtarik, Thm 1]" or "given". */
  readonly formula: string;
}

export interface MethodNeeds {
  /** Compressor slots and the class that the theory asks of each; the slot `map` takes a three-point map. */
  readonly compressors: Readonly<Record<string, "unbiased" | "contractive" | "any" | "three-point">>;
  /** Slots that may be left out. */
  readonly optional?: readonly string[];
  /** What fills a slot that a run does not: the compressor that makes the method what its name says. */
  readonly defaults?: Readonly<Record<string, string>>;
  readonly oracle: OracleKind;
  /** x* itself: a benchmark, not a method to use. */
  readonly optimum?: true;
  readonly serverMemory?: "O(nd)";
}

/**
 * What a run may add to a method: psi, a random part of the workers a round, a compressed broadcast (slot `model`), another
 * aggregate than the mean. For `aggregator` the server takes one vector a worker and steps along the mean over those that
 * answered, knowing nothing else of who sent what.
 */
export type Extra = "prox" | "participation" | "downlink" | "aggregator";

/** One method: one file, one registry line, one test. */
export interface Method<O extends Resolved = Resolved> {
  /** As the literature writes it, kebab-case. */
  readonly name: string;
  readonly summary: string;
  /** Paper and theorem. */
  readonly reference: string;
  /** What theory promises: "linear", "neighbourhood", "may diverge", "sublinear". */
  readonly promise: "linear" | "neighbourhood" | "may diverge" | "sublinear";
  readonly needs: MethodNeeds;
  /** The estimator that the method is defined with; workers have exact gradients where there is none. */
  readonly estimator?: string;
  /** What its theory covers, and its step size counts; runs that ask for more are refused. */
  readonly covers?: readonly Extra[];
  /** The server sends private parts (`address`): workers reply to those, not to the broadcast. */
  readonly addressed?: true;
  /** Options with one line each: meaning, range, default. */
  readonly options: Readonly<Record<string, string>>;
  /** @throws RangeError for options out of range */
  resolve(options: Readonly<Record<string, unknown>>, facts: Facts): O;
  worker?(env: WorkerEnv, options: O): WorkerNode;
  server?(env: ServerEnv, options: O): ServerNode;
  events?(env: ServerEnv, options: O): EventServer;
  peer?(env: PeerEnv, options: O): PeerNode;
}

// ---------------------------------------------------------------------------------------------- transports

/** Carries frames, knows nothing of their content. Delivery is not assumed. */
export interface Transport {
  /** The frame is read before `send` returns or copied: the caller may reuse its memory. */
  send(to: number | "all", frame: Uint8Array): void;
  onFrame(receive: (from: number, frame: Uint8Array) => void): void;
  onMember(change: (id: number, present: boolean) => void): void;
  /** Registers one more listener for the failure after which no frame arrives any more; `send` throws it from then on. */
  onError?(report: (error: unknown) => void): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}
