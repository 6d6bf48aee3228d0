/**
 * The worker side of a run: turns frames into frames. Owns no socket and no clock, so that every transport and thread
 * runs the same code.
 *
 * Sequence of a worker: a broadcast settles the previous reply, moves the broadcast chain and asks for a reply; a
 * repeated broadcast gets the same reply again; a broadcast that does not fit the chain gets a resync request.
 */
import type {
  Compressor,
  Method,
  Ops,
  Oracle,
  PeerNode,
  Resolved,
  Slots,
  Turn,
  Vec,
  WorkerNode,
} from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { COMMON, Rng } from "../core/rng.ts";
import { Chain, FROM_SERVER, FrameReader, FrameWriter, Kind } from "../wire/frame.ts";
import { NodeState } from "./state.ts";

/** Everything a node is built from; the same for all workers but for the last four. */
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
  worker: number;
  codecs: Slots;
  oracle: Oracle;
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

/** The common part of workers and peers: memory, streams, frames. */
abstract class NodeHost {
  readonly worker: number;
  readonly state: NodeState;
  protected readonly ops: Ops;
  protected readonly rng: Rng;
  protected readonly common: Rng;
  protected readonly reader: FrameReader;
  protected readonly writer: FrameWriter;
  protected readonly turn = { round: 0, exchange: 0 };
  protected readonly run: number;
  protected readonly oracle: Oracle;
  protected readonly optimum: Vec | undefined;
  protected readonly zero: number;
  /** Answers to control frames have their own buffer: the pending reply's parts must stay readable. */
  readonly #controlWriter: FrameWriter;

  constructor(setup: HostSetup) {
    const { ops, n, dim, seed, worker, oracle } = setup;
    this.ops = ops;
    this.worker = worker;
    this.run = setup.run;
    this.state = new NodeState(ops, dim);
    this.rng = new Rng(ops, seed, worker);
    this.common = new Rng(ops, seed, COMMON);
    this.reader = new FrameReader(ops, dim, n, frameLimit(dim, setup.codecs));
    this.writer = new FrameWriter(ops, new Rng(ops, seed, worker), n);
    this.optimum = setup.optimum === undefined ? undefined : ops.from(setup.optimum);
    this.zero = ops.bytes(8).ptr;
    this.#controlWriter = new FrameWriter(ops, new Rng(ops, seed, worker), n);
    this.oracle = oracle;
  }

  /** Enters the turn of the frame that was read. */
  protected enter(): Turn {
    const { round, exchange } = this.reader;
    this.turn.round = round;
    this.turn.exchange = exchange;
    this.rng.at(round, exchange);
    this.common.at(round, exchange);
    return this.turn;
  }

  /** @throws WireError if the frame read is of another run */
  protected ours(): void {
    if (this.reader.run !== (this.run & 63)) {
      throw new WireError("turn", `frame: of run ${this.reader.run}, expected ${this.run & 63}`);
    }
  }

  protected control(iterate: Vec | undefined): Uint8Array {
    const { reader } = this;
    const writer = this.#controlWriter;
    const what = reader.exchange as Control;
    const snapshot = what === Control.Restore ? reader.raw() : undefined;
    writer.begin(Kind.Control, this.run, { round: reader.round, exchange: what }, this.worker);
    if (what === Control.Iterate && iterate) writer.dense(iterate);
    else if (what === Control.Snapshot) writer.raw(this.state.snapshot());
    else if (snapshot) this.state.restore(snapshot);
    return writer.finish(this.zero);
  }
}

export class WorkerHost extends NodeHost {
  readonly #node: WorkerNode;
  readonly #broadcasts: Chain;
  readonly #applied: Chain;
  readonly #digest;
  /** 0: no reply is pending, 1: one is. Part of the state so that a checkpoint between rounds is complete. */
  readonly #pending = { round: 0, exchange: 0 };
  #isPending = false;
  #reply: Uint8Array | undefined;
  readonly #addressed: boolean;
  readonly #private: FrameReader;

  constructor(setup: HostSetup, addressed = false) {
    super(setup);
    const { n, dim, worker, codecs } = setup;
    this.#broadcasts = new Chain(this.ops, this.state.bytes("broadcast chain", 16));
    this.#applied = new Chain(this.ops, this.state.bytes("applied chain", 16));
    this.#digest = this.ops.bytes(8);
    this.#addressed = addressed;
    this.#private = new FrameReader(this.ops, dim, n, frameLimit(dim, codecs));
    const env = {
      n,
      dim,
      worker,
      codecs,
      ops: this.ops,
      state: this.state,
      rng: this.rng,
      common: this.common,
      oracle: this.oracle,
      ...(this.optimum && { optimum: this.optimum }),
    };
    if (!setup.method.worker) throw new TypeError(`${setup.method.name}: has no worker half`);
    this.#node = setup.method.worker(env, setup.options);
  }

  /** Takes a frame; returns the frame to send back, if any (valid until the next call). */
  receive(frame: Uint8Array): Uint8Array | undefined {
    const { reader } = this;
    if (this.#addressed && (frame[0]! & 7) === Kind.Private) return this.#takePrivate(frame);
    reader.open(frame);
    this.ours();
    switch (reader.kind) {
      case Kind.Down:
        return this.#down();
      case Kind.Private:
        return this.#job();
      case Kind.Welcome:
        this.#node.join?.(reader);
        reader.done();
        this.#broadcasts.set(reader.digestPtr);
        this.#applied.reset();
        this.#isPending = false;
        return undefined;
      case Kind.Control:
        this.#settle(reader.applied(this.worker));
        return this.control(undefined);
      default:
        throw new WireError("kind", `worker ${this.worker}: unexpected frame kind ${reader.kind}`);
    }
  }

  #down(): Uint8Array | undefined {
    const { reader } = this;
    if (!reader.equal(reader.digestPtr, this.#broadcasts.ptr)) {
      const again =
        this.#isPending && this.#pending.round === reader.round && this.#pending.exchange === reader.exchange;
      if (again) return this.#reply; // the server did not get it: the same bytes once more
      return this.#askResync();
    }
    this.#settle(reader.applied(this.worker));
    this.#broadcasts.absorb(reader.hashPtr);
    const turn = this.enter();
    if (this.#addressed) return undefined;
    if (!reader.selects(this.worker)) return undefined;
    return this.#answer(turn);
  }

  /** The private part of a turn whose broadcast stands in `reader`. */
  #takePrivate(frame: Uint8Array): Uint8Array | undefined {
    const own = this.#private.open(frame);
    if (own.round !== this.turn.round || own.exchange !== this.turn.exchange) return this.#askResync();
    return this.#answer(this.turn, own);
  }

  /** A job of an asynchronous method: its own reply settles nothing, since the server applies whatever arrives. */
  #job(): Uint8Array {
    this.#settle(true);
    this.#broadcasts.absorb(this.reader.hashPtr);
    return this.#answer(this.enter());
  }

  #answer(turn: Turn, own?: FrameReader): Uint8Array {
    this.writer.begin(Kind.Up, this.run, turn, this.worker);
    if (own) {
      this.#node.reply(turn, chained(this.reader, own), this.writer);
      own.done();
    } else this.#node.reply(turn, this.reader, this.writer);
    this.reader.done();
    this.#broadcasts.with(this.#applied, this.#digest);
    this.#pending.round = turn.round;
    this.#pending.exchange = turn.exchange;
    this.#isPending = true;
    this.#reply = this.writer.finish(this.#digest.ptr);
    return this.#reply;
  }

  #settle(applied: boolean): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    if (applied) this.#applied.absorb(this.writer.hashPtr);
    this.#node.settle?.(this.#pending, applied);
  }

  #askResync(): Uint8Array {
    this.#isPending = false;
    this.writer.begin(Kind.Resync, this.run, this.turn, this.worker);
    return this.writer.finish(this.#broadcasts.ptr);
  }

  /** Bytes of the last frame made: payload and framing. */
  get sent(): { readonly payloadBytes: number; readonly framingBytes: number } {
    return this.writer;
  }
}

/** Reads the broadcast's parts, then the private ones. */
function chained(first: FrameReader, second: FrameReader) {
  const current = () => (first.more ? first : second);
  return {
    get more() {
      return first.more || second.more;
    },
    addTo: (c: Compressor, scale: number, acc: Vec) => current().addTo(c, scale, acc),
    dense: (n?: number) => current().dense(n),
    scalar: () => current().scalar(),
  };
}

/** A node of a decentralised method. */
export class PeerHost extends NodeHost {
  readonly #node: PeerNode;
  readonly #neighbours: readonly { id: number }[];
  #heard = 0;

  constructor(setup: HostSetup) {
    super(setup);
    const { n, dim, worker, codecs, start, topology } = setup;
    if (!setup.method.peer || !topology)
      throw new TypeError(`${setup.method.name}: has no peers, or no topology is given`);
    this.#neighbours = topology.neighbours;
    this.#node = setup.method.peer(
      {
        n,
        dim,
        worker,
        codecs,
        ops: this.ops,
        state: this.state,
        rng: this.rng,
        common: this.common,
        oracle: this.oracle,
        start: this.ops.from(start),
        self: topology.self,
        neighbours: topology.neighbours,
        ...(this.optimum && { optimum: this.optimum }),
      },
      setup.options,
    );
  }

  /** A tick gets this peer's message; the neighbours' messages, in order of their ids, close the turn. */
  receive(frame: Uint8Array): Uint8Array | undefined {
    const { reader, writer } = this;
    reader.open(frame);
    this.ours();
    if (reader.kind === Kind.Control) return this.control(this.#node.x);
    if (reader.kind === Kind.Tick && reader.sender === FROM_SERVER) {
      const turn = this.enter();
      this.#heard = 0;
      writer.begin(Kind.Peer, this.run, turn, this.worker);
      this.#node.send(turn, writer);
      if (this.#neighbours.length === 0) this.#node.close(turn);
      return writer.finish(this.zero);
    }
    if (reader.kind !== Kind.Peer)
      throw new WireError("kind", `peer ${this.worker}: unexpected frame kind ${reader.kind}`);
    const expected = this.#neighbours[this.#heard]?.id;
    if (reader.sender !== expected || reader.round !== this.turn.round || reader.exchange !== this.turn.exchange) {
      throw new WireError(
        "turn",
        `peer ${this.worker}: expected the message of ${expected}, got that of ${reader.sender}`,
      );
    }
    this.#node.receive(this.turn, reader.sender, reader);
    reader.done();
    if (++this.#heard === this.#neighbours.length) this.#node.close(this.turn);
    return undefined;
  }
}

/** Addressed methods send a private part to each worker; asynchronous ones send nothing else. */
export function createHost(setup: HostSetup, addressed: boolean): WorkerHost | PeerHost {
  return setup.method.peer ? new PeerHost(setup) : new WorkerHost(setup, addressed);
}
