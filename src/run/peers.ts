/**
 * A decentralised run: in every turn each peer makes one message for its neighbours, then hears theirs in order of
 * their ids. A hub passes the frames on; it reads nothing but their size.
 */
import type { Transport, Vec } from "../core/contracts.ts";
import { Rng, SERVER } from "../core/rng.ts";
import { FROM_SERVER, type FrameReader, FrameWriter, Inbox, Kind } from "../wire/frame.ts";
import { type Checkpoint, ControlLine } from "./control.ts";
import { Ledger } from "./ledger.ts";
import { Control, opened } from "./node.ts";
import { Pending } from "./pending.ts";
import { type InProcess, Meters, type ServerSetup, serverReader } from "./server.ts";
import { NodeState } from "./state.ts";
import type { Neighbourhood } from "./topology.ts";

export class PeerHub {
  readonly ledger: Ledger;
  readonly state: NodeState;
  round = 0;
  readonly #setup: ServerSetup;
  readonly #transport: InProcess;
  readonly #pending: Pending;
  readonly #topology: readonly Neighbourhood[];
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #control: ControlLine;
  readonly #meters: Meters;
  readonly #zero: number;
  readonly #turn = { round: 0, exchange: 0 };
  readonly #frames: Inbox[];
  readonly #here: Uint8Array;
  #iterates: Vec[] | undefined;
  #missing = 0;
  #resume: (() => void) | undefined;

  constructor(setup: ServerSetup, transport: Transport, topology: readonly Neighbourhood[]) {
    const { ops, n, dim, seed } = setup;
    this.#setup = setup;
    this.#transport = transport;
    this.#topology = topology;
    this.ledger = new Ledger(n);
    this.state = new NodeState(ops, dim);
    this.#meters = new Meters(setup, this.state, this.ledger);
    this.#writer = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.#reader = serverReader(setup);
    this.#control = new ControlLine(setup, transport);
    this.#zero = ops.bytes(8).ptr;
    this.#frames = Array.from({ length: n }, () => new Inbox(ops));
    this.#here = new Uint8Array(n);
    this.#pending = new Pending(transport);
    transport.onFrame((from, frame) => this.#arrived(from, frame));
  }

  /** Plays one turn. */
  play(): Promise<void> | undefined {
    this.#here.fill(0);
    this.#missing = this.#setup.n;
    this.#turn.round = this.round;
    this.#writer.begin(Kind.Tick, this.#setup.run, this.#turn, FROM_SERVER);
    this.#transport.send("all", this.#writer.finish(this.#zero));
    if (this.#missing === 0) {
      this.#passOn();
      return undefined;
    }
    if (this.#transport.synchronous) throw new Error(`round ${this.round}: ${this.#missing} peers sent nothing`);
    return this.#pending
      .promise((resolve) => {
        this.#resume = resolve;
      })
      .then(() => this.#passOn());
  }

  /** On the virtual clock a peer computes, then sends its message to one neighbour after the other. */
  #passOn(): void {
    const { clock, n } = this.#setup;
    let slowest = 0;
    for (let from = 0; from < n; ++from) {
      const { frame } = this.#frames[from]!;
      const reader = this.#reader.open(frame);
      const { neighbours } = this.#topology[from]!;
      let seconds = clock ? clock.compute(from) : 0;
      for (let j = 0; j < neighbours.length; ++j) {
        this.ledger.up(from, reader);
        this.ledger.down(1, reader);
        if (clock) seconds += clock.transfer("uplink", from, frame.length);
      }
      slowest = Math.max(slowest, seconds);
    }
    for (let to = 0; to < n; ++to) {
      const { neighbours } = this.#topology[to]!;
      for (let j = 0; j < neighbours.length; ++j) this.#transport.send(to, this.#frames[neighbours[j]!.id]!.frame);
    }
    if (clock) clock.now += slowest;
    this.round += 1;
  }

  #arrived(from: number, frame: Uint8Array): void {
    if (this.#control.expects(from, frame)) {
      if (opened(this.#control.reader, frame)) this.#control.take(from, this.#control.reader);
      return;
    }
    if ((frame[0]! & 7) !== Kind.Peer || this.#here[from] === 1) return;
    this.#here[from] = 1;
    this.#frames[from]!.hold(frame);
    this.#missing -= 1;
    if (this.#missing > 0) return;
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  /** mean = the mean of the peers' iterates; returns the largest squared distance of one from it. Not counted as traffic. */
  async iterates(mean: Vec): Promise<number> {
    const { ops, n, dim } = this.#setup;
    this.#iterates ??= Array.from({ length: n }, () => ops.vec(dim));
    const all = this.#iterates;
    for (let i = 0; i < n; ++i) {
      const question = { what: Control.Iterate, round: this.round, digest: this.#zero };
      await this.#control.ask(i, question, (reader) => ops.copy(reader.dense(), all[i]!));
    }
    ops.fill(0, mean);
    for (const x of all) ops.axpy(1 / n, x, mean);
    return all.reduce((largest, x) => Math.max(largest, ops.distance2(x, mean)), 0);
  }

  /** Between turns only. */
  async snapshot(): Promise<Checkpoint> {
    const workers: Uint8Array[] = [];
    const question = { what: Control.Snapshot, round: this.round, digest: this.#zero };
    for (let i = 0; i < this.#setup.n; ++i)
      workers.push(await this.#control.ask(i, question, (reader) => reader.raw()));
    this.#meters.write(this.round);
    return { server: this.state.snapshot(), workers };
  }

  /** Puts the peers where a checkpoint of a run with the same setup was taken. */
  async restore({ server, workers }: Checkpoint): Promise<void> {
    this.state.restore(server);
    this.round = this.#meters.read();
    for (let i = 0; i < this.#setup.n; ++i) {
      const question = { what: Control.Restore, round: this.round, digest: this.#zero, content: workers[i]! };
      await this.#control.ask(i, question, () => undefined);
    }
  }
}
