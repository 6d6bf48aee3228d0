/**
 * What the server says to single workers besides the broadcast of an exchange: their private parts, the request once more,
 * and welcomes, which tell a worker its twin state. Knows what each of them has received and applied.
 */
import type { ServerNode, Turn } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Rng, SERVER, TO_WORKER } from "../core/rng.ts";
import { Chain, equal8 } from "../wire/chain.ts";
import { FROM_SERVER, type FrameReader, FrameWriter, Kind } from "../wire/frame.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Exchange } from "./exchange.ts";
import type { Ledger } from "./ledger.ts";
import type { Participants } from "./participants.ts";
import { type InProcess, MAX_ATTEMPTS, type ServerSetup } from "./server.ts";
import type { NodeState } from "./state.ts";

/** Requests repeated in one exchange because of what their worker sent. */
const MAX_REPEATS = 8;

export interface LetterBox {
  setup: ServerSetup;
  transport: InProcess;
  state: NodeState;
  ledger: Ledger;
  node: ServerNode;
  broadcast: Broadcast;
  exchange: Exchange;
  turn: Turn;
}

export class Letters {
  /** Welcomes sent. */
  resynced = 0;
  /** Bytes sent down to each worker in this exchange. */
  readonly downBytes: Uint32Array;
  /** For frames of its own. */
  readonly writer: FrameWriter;
  readonly #box: LetterBox;
  readonly #streams: Rng[];
  readonly #applied: Chain[];
  readonly #digest: number;
  /** In this exchange: requests repeated because of what a worker sent, and welcomes sent to it. */
  readonly #repeats: Uint8Array;
  readonly #welcomes: Uint8Array;

  constructor(box: LetterBox) {
    const { ops, n, seed } = box.setup;
    this.#box = box;
    this.writer = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.#streams = Array.from({ length: n }, (_, i) => new Rng(ops, seed, TO_WORKER + i));
    this.#applied = Array.from({ length: n }, (_, i) => new Chain(ops, box.state.bytes(`applied chain ${i}`, 16)));
    this.#digest = ops.bytes(8).ptr;
    this.downBytes = new Uint32Array(n);
    this.#repeats = new Uint8Array(n);
    this.#welcomes = new Uint8Array(n);
  }

  /** Sends everyone the broadcast of an exchange, and those asked their private parts. */
  open(asked: Participants): void {
    const { transport, node, broadcast } = this.#box;
    const { frame } = broadcast.writer;
    this.#welcomes.fill(0);
    this.#repeats.fill(0);
    this.downBytes.fill(frame.length); // first: in one thread the answers come while it is sent
    transport.send("all", frame);
    if (!node.address) return;
    for (let i = 0; i < asked.count; ++i) this.#address(asked.workers[i]!, true);
  }

  /** Sends one worker this exchange's request once more. */
  ask(worker: number): void {
    const { transport, broadcast, node, exchange } = this.#box;
    transport.send(worker, broadcast.writer.frame);
    if (node.address && exchange.isAsked(worker)) this.#address(worker, false);
  }

  /**
   * As `ask`, in answer to a message that is of no use; in one exchange not oftener than a bad network explains, so that a short
   * message cannot be turned into a long one without end. Who waits for the worker asks again in time.
   */
  askBack(worker: number): void {
    if (this.#repeats[worker]! >= MAX_REPEATS) return;
    this.#repeats[worker]! += 1;
    this.ask(worker);
  }

  /** Whether the sender of a frame has received and applied what this server thinks it has. */
  isTwin(from: number, reader: FrameReader): boolean {
    const { broadcast, setup } = this.#box;
    broadcast.chain.with(this.#applied[from]!.ptr, this.#digest);
    return equal8(setup.ops, reader.digestPtr, this.#digest);
  }

  /** A reply was applied. */
  absorb(from: number, reader: FrameReader): void {
    this.#applied[from]!.absorb(reader.hashPtr);
  }

  /** A worker got a frame that does not follow what it had: a repeat, or a gap. */
  resync(worker: number, reader: FrameReader): void {
    const { broadcast, exchange } = this.#box;
    const { digestPtr } = reader;
    if (!broadcast.chain.is(digestPtr) && !broadcast.before.is(digestPtr)) this.welcome(worker, reader);
    else if (exchange.isAsked(worker)) this.askBack(worker);
  }

  /** Tells a worker its twin state and, if its answer is awaited, asks again. @param turn of what it answers */
  welcome(worker: number, turn: Turn): void {
    const { exchange, setup, node, broadcast, ledger, transport } = this.#box;
    const asked = exchange.isAsked(worker);
    if (this.#welcomes[worker]! >= MAX_ATTEMPTS) {
      throw new WireError(
        "digest",
        `round ${this.#box.turn.round}: worker ${worker} is no twin however often it is welcomed`,
      );
    }
    this.resynced += 1;
    this.#welcomes[worker]! += 1;
    const { writer } = this;
    writer.rng = this.#streams[worker]!;
    writer.begin(Kind.Welcome, setup.run, turn, FROM_SERVER);
    writer.bytes8(this.#applied[worker]!.ptr);
    broadcast.welcome(writer, !asked);
    node.welcome(worker, writer, !asked);
    writer.finish(asked ? broadcast.before.ptr : broadcast.chain.ptr);
    ledger.down(1, writer);
    transport.send(worker, writer.frame);
    if (asked && exchange.isAsked(worker)) this.ask(worker);
  }

  /** The private part of one worker. `first`: it counts as traffic. */
  #address(worker: number, first: boolean): void {
    const { setup, turn, node, broadcast, ledger, transport } = this.#box;
    const { writer } = this;
    writer.rng = this.#streams[worker]!;
    writer.begin(Kind.Private, setup.run, turn, FROM_SERVER);
    node.address!(turn, worker, writer);
    writer.finish(broadcast.chain.ptr);
    if (first) {
      ledger.down(1, writer);
      this.downBytes[worker]! += writer.frame.length;
    }
    transport.send(worker, writer.frame);
  }
}
