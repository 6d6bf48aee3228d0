/** What workers and peers have in common: memory, streams, frames, and answers to control frames. */
import type { Method, Ops, Oracle, Resolved, Slots, Turn, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { COMMON, ESTIMATES, Rng } from "../core/rng.ts";
import { EstimatedOracle, type Estimation } from "../estimators/index.ts";
import { FrameReader, FrameWriter, Kind } from "../wire/frame.ts";
import { NodeState } from "./state.ts";

/** Everything a node is built from; the same for all workers but for the last four groups. */
export interface HostSetup {
  ops: Ops;
  run: number;
  n: number;
  dim: number;
  seed: bigint;
  method: Method;
  options: Resolved;
  start: Float64Array;
  optimum?: Float64Array;
  /** The node's; its codecs keep theirs in it. */
  state?: NodeState;
  worker: number;
  codecs: Slots;
  oracle: Oracle;
  /** What stands for the oracle's gradient once the node is built. */
  estimator?: Estimation;
  /** Mixing weights for decentralised methods. */
  topology?: { self: number; neighbours: readonly { id: number; weight: number }[] };
}

/** What a control frame asks for; none of it is counted as traffic. */
export enum Control {
  /** x of a peer. */
  Iterate = 0,
  /** The node's state. */
  Snapshot = 1,
  /** The node takes the state that follows. */
  Restore = 2,
}

/** The longest frame a node of this run expects: parts of every slot and dense vectors, several times over. */
export function frameLimit(dim: number, codecs: Slots): number {
  const dense = dim * 8;
  const parts = Object.values(codecs).reduce((sum, codec) => sum + codec.maxBytes, 0);
  return 65536 + 8 * (dense + parts);
}

/** The run's number as frames carry it. */
export const runNumber = (run: number): number => run & 63;

/**
 * Opens a frame that came from outside. A damaged one is one that was lost on the way: false.
 * @throws WireError for a frame longer than this run's can be, which asking again would not mend
 */
export function opened(reader: FrameReader, frame: Uint8Array): boolean {
  try {
    reader.open(frame);
    return true;
  } catch (error) {
    if (error instanceof WireError && error.code !== "dim") return false;
    throw error;
  }
}

/** The common part of workers and peers. */
export abstract class NodeHost {
  readonly worker: number;
  readonly state: NodeState;
  /** Frames that were dropped: damaged, or of another run. */
  dropped = 0;
  protected readonly ops: Ops;
  protected readonly rng: Rng;
  protected readonly common: Rng;
  /** Holds what opened the turn. */
  protected readonly reader: FrameReader;
  /** Holds every other frame. */
  protected readonly side: FrameReader;
  protected readonly writer: FrameWriter;
  protected readonly turn = { round: 0, exchange: 0 };
  protected readonly run: number;
  protected readonly oracle: Oracle;
  protected readonly optimum: Vec | undefined;
  protected readonly zero: number;
  /** Answers that are no replies have their own buffer: the pending reply's parts must stay readable. */
  protected readonly sideWriter: FrameWriter;
  readonly #estimated: EstimatedOracle | undefined;
  readonly #estimates: Rng;

  constructor(setup: HostSetup) {
    const { ops, n, dim, seed, worker, oracle, codecs } = setup;
    this.ops = ops;
    this.worker = worker;
    this.run = setup.run;
    this.state = setup.state ?? new NodeState(ops, dim);
    this.rng = new Rng(ops, seed, worker);
    this.common = new Rng(ops, seed, COMMON);
    this.reader = new FrameReader(ops, dim, n, frameLimit(dim, codecs));
    this.side = new FrameReader(ops, dim, n, frameLimit(dim, codecs));
    this.writer = new FrameWriter(ops, new Rng(ops, seed, worker), n);
    this.sideWriter = new FrameWriter(ops, new Rng(ops, seed, worker), n);
    this.optimum = setup.optimum === undefined ? undefined : ops.from(setup.optimum);
    this.zero = ops.bytes(8).ptr;
    this.#estimates = new Rng(ops, seed, worker, ESTIMATES);
    const { state } = this;
    this.#estimated =
      setup.estimator && new EstimatedOracle({ ops, dim, oracle, state, rng: this.#estimates }, setup.estimator);
    this.oracle = this.#estimated ?? oracle;
  }

  /** Opens a frame of this run and this turn's sender; false: there is nothing to do for it. */
  protected accepts(reader: FrameReader, frame: Uint8Array): boolean {
    if (opened(reader, frame) && reader.run === runNumber(this.run)) return true;
    this.dropped += 1;
    return false;
  }

  /** Enters the turn of a frame. */
  protected enter({ round, exchange }: Turn): Turn {
    this.turn.round = round;
    this.turn.exchange = exchange;
    this.rng.at(round, exchange);
    this.common.at(round, exchange);
    if (this.#estimated) this.#estimates.at(round, exchange);
    return this.turn;
  }

  /** To be called when the node is built: a frame may bring a state. */
  protected built(): void {
    if (this.#estimated) this.#estimated.estimates = true;
    this.side.limit += 2 * this.state.size;
  }

  /** The answer to the control frame in `side`. */
  protected control(iterate: Vec | undefined): Uint8Array {
    const { side, sideWriter } = this;
    const what = side.exchange as Control;
    sideWriter.begin(Kind.Control, this.run, side, this.worker);
    if (what === Control.Iterate && iterate) sideWriter.dense(iterate);
    else if (what === Control.Snapshot) sideWriter.raw(this.state.snapshot());
    else if (what === Control.Restore) this.state.restore(side.raw());
    else throw new WireError("kind", `node ${this.worker}: cannot answer control frame ${what}`);
    side.done();
    return sideWriter.finish(this.zero);
  }
}
