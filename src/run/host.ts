/**
 * The worker side of a run: turns frames into frames. Owns no socket and no clock, so that every transport and thread
 * runs the same code.
 *
 * Sequence of a worker: a broadcast settles the previous reply, moves the broadcast chain and asks for a reply; a
 * repeated broadcast gets the same reply again; a broadcast that does not fit the chain gets a resync request. Damaged
 * frames and those of other runs are dropped: whoever needs an answer asks again.
 */
import type { Compressor, Reader, Turn, Vec, WorkerNode } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Chain, equal8 } from "../wire/chain.ts";
import { type FrameReader, Kind } from "../wire/frame.ts";
import { downlinkCodec, Receiving } from "./downlink.ts";
import { Control, type HostSetup, NodeHost } from "./node.ts";
import { PeerHost } from "./peer-host.ts";

export { Control, frameLimit, type HostSetup } from "./node.ts";
export { PeerHost } from "./peer-host.ts";

export class WorkerHost extends NodeHost {
  readonly #node: WorkerNode;
  readonly #addressed: boolean;
  /** Both parts of an addressed turn. */
  readonly #parts: ChainedReader;
  readonly #broadcasts: Chain;
  readonly #downlink: Receiving | undefined;
  readonly #applied: Chain;
  /** Hash of the broadcast that opened this turn. */
  readonly #last: number;
  readonly #digest: number;
  /** The turn of the reply that was not settled yet. */
  readonly #pending = { round: 0, exchange: 0 };
  #isPending = false;
  /** The turn of the frame that did not fit: a welcome answers it. */
  readonly #asked = { round: -1, exchange: -1 };

  constructor(setup: HostSetup, addressed = false) {
    super(setup);
    const { n, dim, worker, codecs, method } = setup;
    this.#addressed = addressed;
    this.#parts = new ChainedReader(this.reader, this.side);
    this.#broadcasts = new Chain(this.ops, this.state.bytes("broadcast chain", 16));
    this.#applied = new Chain(this.ops, this.state.bytes("applied chain", 16));
    const codec = downlinkCodec(method, codecs);
    if (codec) this.#downlink = new Receiving({ ops: this.ops, state: this.state, codec, start: setup.start });
    this.reader.twin = this.side.twin = this.#downlink?.w;
    this.#last = this.ops.bytes(8).ptr;
    this.#digest = this.ops.bytes(8).ptr;
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
    if (!method.worker) throw new TypeError(`${method.name}: has no worker half`);
    this.#node = method.worker(env, setup.options);
    this.built();
  }

  /** Takes a frame; returns the frame to send back, if any (valid until the next call, and until the memory grows). */
  receive(frame: Uint8Array): Uint8Array | undefined {
    // the broadcast's parts are read when the private ones are there: nothing else may take its reader
    const isBroadcast = frame.length > 0 && (frame[0]! & 7) === Kind.Down;
    const reader = isBroadcast ? this.reader : this.side;
    if (!this.accepts(reader, frame)) return undefined;
    switch (reader.kind) {
      case Kind.Down:
        return this.#down();
      case Kind.Private:
        return this.#addressed ? this.#private() : this.#job();
      case Kind.Welcome:
        return this.#welcome();
      case Kind.Control:
        return this.#control();
      default:
        throw new WireError("kind", `worker ${this.worker}: unexpected frame kind ${reader.kind}`);
    }
  }

  #down(): Uint8Array | undefined {
    const { reader, worker } = this;
    if (!this.#follows(reader)) return this.#again(reader);
    this.#settle(reader.applied(worker));
    const turn = this.#begin(reader);
    this.#downlink?.read(reader);
    if (this.#addressed || !reader.selects(worker)) return undefined;
    return this.#answer(turn, reader);
  }

  /** The private part of a turn whose broadcast stands in `reader`. */
  #private(): Uint8Array | undefined {
    const { side, reader } = this;
    if (!this.#follows(side) || !equal8(this.ops, this.#last, reader.hashPtr)) return this.#askResync(side);
    if (this.#isPending) return this.writer.frame;
    return this.#answer(this.turn, this.#parts);
  }

  /** A job of an asynchronous method. The server applies whatever arrives, so the next job settles the last reply. */
  #job(): Uint8Array | undefined {
    const { side } = this;
    if (!this.#follows(side)) return this.#again(side);
    this.#settle(true);
    return this.#answer(this.#begin(side), side);
  }

  /** Whether the sender has sent what this worker has received. */
  #follows(reader: FrameReader): boolean {
    return this.#broadcasts.is(reader.digestPtr);
  }

  #begin(reader: FrameReader): Turn {
    this.#broadcasts.absorb(reader.hashPtr);
    this.ops.kernels.move(8, reader.hashPtr, this.#last);
    return this.enter(reader);
  }

  /** A frame that does not follow the last one: that one once more, or one after a gap. */
  #again(reader: FrameReader): Uint8Array | undefined {
    if (!equal8(this.ops, this.#last, reader.hashPtr)) return this.#askResync(reader);
    return this.#isPending ? this.writer.frame : undefined;
  }

  #answer(turn: Turn, down: FrameReader | ChainedReader): Uint8Array {
    this.writer.begin(Kind.Up, this.run, turn, this.worker);
    this.#node.reply(turn, down, this.writer);
    down.done();
    this.#broadcasts.with(this.#applied.ptr, this.#digest);
    this.#pending.round = turn.round;
    this.#pending.exchange = turn.exchange;
    this.#isPending = true;
    return this.writer.finish(this.#digest);
  }

  #settle(applied: boolean): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    if (applied) this.#applied.absorb(this.writer.hashPtr);
    this.#node.settle?.(this.#pending, applied);
  }

  /**
   * The server's view of this worker: which replies it has applied, and the twin state that goes with them. It answers
   * a resync request, or a reply made from another state than the server's; anything else is an old one, come late.
   */
  #welcome(): undefined {
    const { side } = this;
    const told = side.bytes8();
    const disputed = this.#isPending && sameTurn(side, this.#pending) && !this.#applied.is(told);
    if (!disputed && !sameTurn(side, this.#asked)) {
      this.dropped += 1;
      return;
    }
    this.#asked.round = -1;
    if (this.#isPending) {
      this.#applied.with(this.writer.hashPtr, this.#digest);
      this.#settle(equal8(this.ops, this.#digest, told));
    }
    this.#downlink?.join(side);
    this.#node.join?.(side);
    side.done();
    this.#broadcasts.set(side.digestPtr);
    this.#applied.set(told);
  }

  #control(): Uint8Array {
    const { side } = this;
    if (side.exchange === Control.Restore) this.#isPending = false;
    else if (this.#follows(side)) this.#settle(side.applied(this.worker));
    else return this.#askResync(side);
    return this.control(undefined);
  }

  /** Says that a frame of this turn does not fit; whether there is a gap is the server's to judge. */
  #askResync({ round, exchange }: Turn): Uint8Array {
    this.#asked.round = round;
    this.#asked.exchange = exchange;
    this.sideWriter.begin(Kind.Resync, this.run, { round, exchange }, this.worker);
    return this.sideWriter.finish(this.#broadcasts.ptr);
  }
}

const sameTurn = (a: Turn, b: Turn): boolean => a.round === b.round && a.exchange === b.exchange;

/** Reads the broadcast's parts, then the private ones. */
class ChainedReader implements Reader {
  readonly #first: FrameReader;
  readonly #second: FrameReader;

  constructor(first: FrameReader, second: FrameReader) {
    this.#first = first;
    this.#second = second;
  }

  get #current(): FrameReader {
    return this.#first.more ? this.#first : this.#second;
  }

  get more(): boolean {
    return this.#first.more || this.#second.more;
  }

  addTo(compressor: Compressor, scale: number, acc: Vec): void {
    this.#current.addTo(compressor, scale, acc);
  }

  dense(n?: number): Vec {
    return this.#current.dense(n);
  }

  model(): Vec {
    return this.#current.model();
  }

  scalar(): number {
    return this.#current.scalar();
  }

  done(): void {
    this.#first.done();
    this.#second.done();
  }
}

/** Addressed methods send a private part to each worker; asynchronous ones send nothing else. */
export function createHost(setup: HostSetup, addressed: boolean): WorkerHost | PeerHost {
  return setup.method.peer ? new PeerHost(setup) : new WorkerHost(setup, addressed);
}
