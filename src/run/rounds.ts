/**
 * The server side of a synchronous run: rounds of one or more exchanges, each a broadcast, the replies in worker order,
 * and a step. Works over any transport; with one that delivers within `send` (loopback) a round needs no promise and
 * allocates nothing.
 *
 * A reply counts if it is of this exchange and its sender has received and applied what this server thinks it has (the
 * digest). Else it is late, a repeat, or its sender is welcomed: told its twin state and asked again.
 */
import type { ServerNode, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Rng, SERVER, TO_WORKER } from "../core/rng.ts";
import { Chain, equal8 } from "../wire/chain.ts";
import { FROM_SERVER, type FrameReader, FrameWriter, Inbox, Kind } from "../wire/frame.ts";
import { Average } from "./average.ts";
import { Broadcast } from "./broadcast.ts";
import { type Checkpoint, ControlLine } from "./control.ts";
import { Ledger } from "./ledger.ts";
import { Control, opened, runNumber } from "./node.ts";
import { Participants } from "./participants.ts";
import { Pending } from "./pending.ts";
import { Sampler } from "./sampling.ts";
import { type InProcess, MAX_ATTEMPTS, Meters, type ServerSetup, serverEnv, serverReader } from "./server.ts";
import { NodeState } from "./state.ts";

export { type InProcess, type ServerSetup, serverEnv } from "./server.ts";

/** Where a worker stands in an exchange. */
enum Stand {
  /** Not asked, or the exchange is over. */
  Idle = 0,
  Asked = 1,
  /** Its reply is here and waits for those before it. */
  Held = 2,
  Applied = 3,
}

/** Who chooses the workers of a round: the method, or the run's sampler; nobody where all take part. */
function chooser({ ops, seed, n, method, participation }: ServerSetup, node: ServerNode): ServerNode["select"] {
  if (node.select && participation) throw new TypeError(`${method.name}: chooses its workers itself`);
  if (node.select) return (turn, into) => node.select!(turn, into);
  const sampler = participation && new Sampler(ops, seed, n, participation);
  return sampler && ((turn, into) => sampler.select(turn, into));
}

export class RoundServer {
  readonly node: ServerNode;
  readonly state: NodeState;
  readonly ledger: Ledger;
  /** The round that comes next. */
  round = 0;
  /** Replies that came after their exchange was closed; not applied. */
  late = 0;
  /** Replies that came once more. */
  repeated = 0;
  /** Frames that were damaged, or of another run or sender. */
  dropped = 0;
  /** Welcomes sent. */
  resynced = 0;
  /** Requests that were repeated, or given up under the policy `partial`. */
  lost = 0;
  readonly #setup: ServerSetup;
  readonly #transport: InProcess;
  readonly #pending: Pending;
  readonly #rng: Rng;
  readonly #common: Rng;
  readonly #broadcast: Broadcast;
  readonly #private: FrameWriter;
  readonly #streams: Rng[];
  readonly #reader: FrameReader;
  readonly #control: ControlLine;
  readonly #meters: Meters;
  readonly #applied: Chain[];
  readonly #digest: number;
  readonly #turn = { round: 0, exchange: 0 };
  readonly #asked: Participants;
  readonly #average: Average | undefined;
  readonly #stand: Uint8Array;
  readonly #held: Inbox[];
  readonly #answered: number[] = [];
  /** Bytes sent down to each worker in this exchange. */
  readonly #downBytes: Uint32Array;
  #answeredCount = 0;
  #next = 0;
  #welcomes = 0;
  #slowest = 0;
  #resume: (() => void) | undefined;
  #failure: unknown;

  constructor(setup: ServerSetup, transport: InProcess) {
    const { ops, n, dim, seed, method } = setup;
    this.#setup = setup;
    this.#transport = transport;
    this.state = new NodeState(ops, dim);
    this.ledger = new Ledger(n);
    this.#meters = new Meters(setup, this.state, this.ledger);
    const { env, rng, common } = serverEnv(setup, this.state);
    this.#rng = rng;
    this.#common = common;
    if (!method.server) throw new TypeError(`${method.name}: has no server half`);
    this.node = method.server(env, setup.options);
    this.#broadcast = new Broadcast(setup, this.state);
    this.#private = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.#streams = Array.from({ length: n }, (_, i) => new Rng(ops, seed, TO_WORKER + i));
    this.#reader = serverReader(setup);
    this.#control = new ControlLine(setup, transport);
    this.#applied = Array.from({ length: n }, (_, i) => new Chain(ops, this.state.bytes(`applied chain ${i}`, 16)));
    this.#digest = ops.bytes(8).ptr;
    this.#asked = new Participants(n, chooser(setup, this.node));
    if (setup.average !== undefined) this.#average = new Average(ops, this.state, setup.average);
    this.#stand = new Uint8Array(n);
    this.#held = Array.from({ length: n }, () => new Inbox(ops));
    this.#downBytes = new Uint32Array(n);
    this.#pending = new Pending(transport);
    transport.onFrame((from, frame) => this.#receive(from, frame));
  }

  get x(): Vec {
    return this.node.x;
  }

  /** The run's answer: x, what the method makes of its iterates, or their average. */
  output(into: Vec): void {
    if (this.#average) this.#average.output(this.node.x, into);
    else if (this.node.output) this.node.output(into);
    else this.#setup.ops.copy(this.node.x, into);
  }

  /** Plays one round. Returns nothing when it is over already, else a promise. */
  play(): Promise<void> | undefined {
    this.#turn.round = this.round;
    this.#turn.exchange = 0;
    this.#average?.add(this.node.x);
    for (;;) {
      this.#open();
      if (!this.#complete()) return this.#playOn();
      if (this.#close()) return undefined;
    }
  }

  async #playOn(): Promise<void> {
    for (;;) {
      while (!this.#complete()) {
        await this.#pending.promise((resolve) => {
          this.#resume = resolve;
        });
      }
      if (this.#close()) return;
      this.#open();
    }
  }

  /** Closes the exchange without those that have not answered: for transports that know when to give up. */
  expire(): void {
    this.#drain(true);
    this.#wake();
  }

  #open(): void {
    const { n } = this.#setup;
    const turn = this.#turn;
    const asked = this.#asked;
    const broadcast = this.#broadcast;
    this.#rng.at(turn.round, turn.exchange);
    this.#common.at(turn.round, turn.exchange);
    asked.select(turn);
    this.node.open(turn, broadcast.begin(turn, asked.selection, asked.absence));
    broadcast.finish();
    this.ledger.down(n, broadcast.writer);
    this.#downBytes.fill(broadcast.writer.frame.length);
    asked.clearAbsence();
    this.#stand.fill(Stand.Idle);
    for (let i = 0; i < asked.count; ++i) this.#stand[asked.workers[i]!] = Stand.Asked;
    this.#next = 0;
    this.#answeredCount = 0;
    this.#slowest = 0;
    this.#welcomes = 0;
    this.#transport.send("all", broadcast.writer.frame);
    if (this.node.address) {
      for (let i = 0; i < asked.count; ++i) this.#address(asked.workers[i]!, true);
    }
    if (this.#transport.synchronous && !this.#complete()) this.#insist();
  }

  /** The private part of one worker. `first`: it counts as traffic. */
  #address(worker: number, first: boolean): void {
    const writer = this.#private;
    writer.rng = this.#streams[worker]!;
    writer.begin(Kind.Private, this.#setup.run, this.#turn, FROM_SERVER);
    this.node.address!(this.#turn, worker, writer);
    writer.finish(this.#broadcast.chain.ptr);
    if (first) {
      this.ledger.down(1, writer);
      this.#downBytes[worker]! += writer.frame.length;
    }
    this.#transport.send(worker, writer.frame);
  }

  /** Sends one worker this exchange's request once more. */
  #ask(worker: number): void {
    this.#transport.send(worker, this.#broadcast.writer.frame);
    if (this.node.address && this.#stand[worker] === Stand.Asked) this.#address(worker, false);
  }

  /** Asks those again that did not answer, or gives them up, as the policy says. */
  #insist(): void {
    if (this.#setup.partial) {
      this.#drain(true);
      return;
    }
    for (let attempt = 0; !this.#complete(); ++attempt) {
      if (attempt === MAX_ATTEMPTS) {
        const worker = this.#asked.workers[this.#next]!;
        throw new Error(`round ${this.round}: worker ${worker} gave no answer to ${MAX_ATTEMPTS} requests`);
      }
      for (let i = this.#next; i < this.#asked.count; ++i) {
        const worker = this.#asked.workers[i]!;
        if (this.#stand[worker] !== Stand.Asked) continue;
        this.lost += 1;
        this.#ask(worker);
      }
    }
  }

  #complete(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#next === this.#asked.count;
  }

  #wake(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #receive(from: number, frame: Uint8Array): void {
    try {
      const reader = this.#control.expects(from, frame) ? this.#control.reader : this.#reader;
      if (opened(reader, frame) && reader.run === runNumber(this.#setup.run) && reader.sender === from) {
        this.#sort(from, frame, reader);
      } else {
        this.dropped += 1;
        // where nobody waits for `send` to return, this is the moment to ask again
        if (!this.#transport.synchronous && this.#stand[from] === Stand.Asked) this.#ask(from);
      }
    } catch (error) {
      this.#failure = error;
      if (this.#transport.synchronous) throw error;
    }
    if (this.#next === this.#asked.count || this.#failure !== undefined) this.#wake();
  }

  /** Finds out what the frame in the reader is. */
  #sort(from: number, frame: Uint8Array, reader: FrameReader): void {
    if (reader.kind === Kind.Control) {
      this.#control.take(from, reader);
      return;
    }
    const ours = reader.round === this.#turn.round && reader.exchange === this.#turn.exchange;
    if (reader.kind === Kind.Resync) {
      if (this.#control.asked === from) this.#welcome(from);
      else if (ours) this.#resync(from);
      else this.late += 1;
      return;
    }
    if (reader.kind !== Kind.Up) throw new WireError("kind", `server: unexpected frame kind ${reader.kind}`);
    const stand = this.#stand[from]!;
    if (!ours || stand === Stand.Idle) {
      this.late += 1;
    } else if (stand !== Stand.Asked) {
      this.repeated += 1;
    } else if (!this.#isTwin(from)) {
      this.#welcome(from);
    } else if (from === this.#asked.workers[this.#next]) {
      this.#apply(from, frame.length);
      this.#drain(false);
    } else {
      this.#stand[from] = Stand.Held;
      this.#held[from]!.hold(frame);
    }
  }

  /** Whether the sender of the frame in the reader has received and applied what this server thinks it has. */
  #isTwin(from: number): boolean {
    this.#broadcast.chain.with(this.#applied[from]!.ptr, this.#digest);
    return equal8(this.#setup.ops, this.#reader.digestPtr, this.#digest);
  }

  /** A worker got a frame that does not follow what it had: a repeat, or a gap. */
  #resync(from: number): void {
    const { digestPtr } = this.#reader;
    if (!this.#broadcast.chain.is(digestPtr) && !this.#broadcast.before.is(digestPtr)) this.#welcome(from);
    else if (this.#stand[from] === Stand.Asked) this.#ask(from);
  }

  #apply(from: number, bytes: number): void {
    const reader = this.#reader;
    const { clock } = this.#setup;
    this.#stand[from] = Stand.Applied;
    this.node.receive(this.#turn, from, reader);
    reader.done();
    this.#applied[from]!.absorb(reader.hashPtr);
    this.ledger.up(from, reader);
    if (clock) {
      const down = clock.transfer("downlink", from, this.#downBytes[from]!);
      const seconds = down + clock.compute(from) + clock.transfer("uplink", from, bytes);
      this.#slowest = Math.max(this.#slowest, seconds);
    }
    this.#answered[this.#answeredCount++] = from;
    this.#next += 1;
  }

  /** Applies held replies whose turn it is; with `giveUp`, passes over the workers that are missing. */
  #drain(giveUp: boolean): void {
    while (this.#next < this.#asked.count) {
      const worker = this.#asked.workers[this.#next]!;
      if (this.#stand[worker] === Stand.Held) {
        const { frame } = this.#held[worker]!;
        this.#reader.open(frame);
        this.#apply(worker, frame.length);
      } else if (giveUp) {
        this.lost += 1;
        this.#next += 1;
      } else return;
    }
  }

  /** Tells a worker its twin state and, if its answer is awaited, asks again. */
  #welcome(worker: number): void {
    const asked = this.#stand[worker] === Stand.Asked;
    this.resynced += 1;
    this.#welcomes += 1;
    if (this.#welcomes > MAX_ATTEMPTS * this.#setup.n) {
      throw new WireError("digest", `round ${this.round}: worker ${worker} is no twin however often it is welcomed`);
    }
    const writer = this.#private;
    writer.rng = this.#streams[worker]!;
    writer.begin(Kind.Welcome, this.#setup.run, this.#reader, FROM_SERVER); // the turn of what it answers
    writer.bytes8(this.#applied[worker]!.ptr);
    this.node.welcome(worker, writer);
    writer.finish(asked ? this.#broadcast.before.ptr : this.#broadcast.chain.ptr);
    this.ledger.down(1, writer);
    this.#transport.send(worker, writer.frame);
    if (asked && this.#stand[worker] === Stand.Asked) this.#ask(worker);
  }

  #close(): boolean {
    const { clock } = this.#setup;
    const asked = this.#asked;
    for (let i = 0; i < asked.count; ++i) {
      const worker = asked.workers[i]!;
      if (this.#stand[worker] !== Stand.Applied) asked.miss(worker);
    }
    this.#stand.fill(Stand.Idle);
    if (clock) clock.now += this.#slowest;
    const answered = this.#answered;
    if (answered.length !== this.#answeredCount) answered.length = this.#answeredCount;
    const over = answered.length === 0 || this.node.close(this.#turn, answered);
    this.#turn.exchange += 1;
    if (over) this.round += 1;
    return over;
  }

  /** The states of server and workers. Between rounds only. */
  async snapshot(): Promise<Checkpoint> {
    const workers: Uint8Array[] = [];
    for (let i = 0; i < this.#setup.n; ++i) workers.push(await this.#question(i, Control.Snapshot));
    this.#meters.write(this.round);
    return { server: this.state.snapshot(), workers };
  }

  /** Puts server and workers where a checkpoint of a run with the same setup was taken. */
  async restore({ server, workers }: Checkpoint): Promise<void> {
    this.state.restore(server);
    this.round = this.#meters.read();
    this.#asked.clearAbsence(); // the workers were told before they gave their states
    for (let i = 0; i < this.#setup.n; ++i) await this.#question(i, Control.Restore, workers[i]!);
  }

  #question(worker: number, what: Control, content?: Uint8Array): Promise<Uint8Array> {
    const { absence: absent } = this.#asked;
    const question = {
      what,
      round: this.round,
      digest: this.#broadcast.chain.ptr,
      absent,
      ...(content && { content }),
    };
    return this.#control.ask(worker, question, (reader) => (reader.more ? reader.raw() : new Uint8Array()));
  }
}
