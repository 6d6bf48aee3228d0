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
import type { Rng } from "../core/rng.ts";
import { FROM_SERVER, type FrameReader, Kind } from "../wire/frame.ts";
import { Average } from "./average.ts";
import { Broadcast } from "./broadcast.ts";
import { Checkpoints } from "./checkpoints.ts";
import { type Checkpoint, ControlLine } from "./control.ts";
import { Exchange, Stand } from "./exchange.ts";
import { Guard } from "./guard.ts";
import { Ledger } from "./ledger.ts";
import { Letters } from "./letters.ts";
import { opened, runNumber } from "./node.ts";
import { Participants } from "./participants.ts";
import { Patience } from "./patience.ts";
import { Pending } from "./pending.ts";
import { chooser } from "./sampling.ts";
import { type InProcess, MAX_ATTEMPTS, Meters, type ServerSetup, serverEnv, serverReader } from "./server.ts";
import { NodeState } from "./state.ts";

export { type InProcess, type ServerSetup, serverEnv } from "./server.ts";

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
  /** Requests that were repeated, or given up under the policy `partial`. */
  lost = 0;
  /** Messages that were intact and yet not what a worker of this run sends. */
  rejected = 0;
  readonly #setup: ServerSetup;
  readonly #transport: InProcess;
  readonly #pending: Pending;
  readonly #rng: Rng;
  readonly #common: Rng;
  readonly #broadcast: Broadcast;
  readonly #letters: Letters;
  readonly #reader: FrameReader;
  readonly #control: ControlLine;
  readonly #checkpoints: Checkpoints;
  readonly #turn = { round: 0, exchange: 0 };
  readonly #asked: Participants;
  readonly #average: Average | undefined;
  readonly #guard: Guard | undefined;
  readonly #patience: Patience | undefined;
  readonly #exchange: Exchange;
  #slowest = 0;
  #resume: (() => void) | undefined;
  #failure: unknown;

  constructor(setup: ServerSetup, transport: InProcess) {
    const { ops, n, dim, method } = setup;
    this.#setup = setup;
    this.#transport = transport;
    this.state = new NodeState(ops, dim);
    this.ledger = new Ledger(n);
    const meters = new Meters(setup, this.state, this.ledger);
    const { env, rng, common } = serverEnv(setup, this.state);
    this.#rng = rng;
    this.#common = common;
    if (!method.server) throw new TypeError(`${method.name}: has no server half`);
    this.node = method.server(env, setup.options);
    this.#broadcast = new Broadcast(setup, this.state);
    this.#reader = serverReader(setup);
    this.#control = new ControlLine(setup, transport);
    this.#asked = new Participants(n, chooser(setup, this.node));
    if (setup.average !== undefined) this.#average = new Average(ops, this.state, setup.average);
    this.#exchange = new Exchange(ops, n, this.#asked);
    const { state, ledger, node } = this;
    this.#letters = new Letters({
      setup,
      transport,
      state,
      ledger,
      node,
      broadcast: this.#broadcast,
      exchange: this.#exchange,
      turn: this.#turn,
    });
    this.#pending = new Pending(transport);
    if (setup.guard) this.#guard = new Guard(n, this.state, this.ledger);
    if (setup.patience && !transport.synchronous) this.#patience = new Patience(setup.patience);
    this.#checkpoints = new Checkpoints({
      setup,
      meters,
      state: this.state,
      control: this.#control,
      broadcast: this.#broadcast,
      asked: this.#asked,
      pending: this.#pending,
      patience: this.#patience,
    });
    transport.onFrame((from, frame) => this.#receive(from, frame));
    transport.onMember((worker, present) => {
      if (present && this.#exchange.isAsked(worker)) this.#letters.ask(worker); // it came in the middle of an exchange
    });
  }

  /** Welcomes sent. */
  get resynced(): number {
    return this.#letters.resynced;
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
      await this.#answers();
      if (this.#close()) return;
      this.#open();
    }
  }

  /** Waits until the exchange is complete; asks again, or gives up, when patience ends. */
  async #answers(): Promise<void> {
    const patience = this.#patience;
    let inVain = false;
    while (!this.#complete()) {
      const timer = patience && setTimeout(() => this.#wake(), patience.wait);
      await this.#pending.promise((resolve) => {
        this.#resume = resolve;
      });
      clearTimeout(timer);
      if (!patience || this.#complete()) continue;
      const enough = this.#setup.partial && this.#exchange.here >= (this.#setup.quorum ?? 1);
      if (enough && !inVain) patience.settle();
      else patience.fail();
      inVain = true;
      if (enough) this.#drain(true);
      else this.#askAgain();
    }
    if (!inVain) patience?.settle();
  }

  #askAgain(): void {
    for (const worker of this.#asked.workers.subarray(0, this.#asked.count)) {
      if (!this.#exchange.isAsked(worker)) continue;
      this.lost += 1;
      this.#letters.ask(worker);
    }
  }

  #open(): void {
    const turn = this.#turn;
    const asked = this.#asked;
    const broadcast = this.#broadcast;
    this.#rng.at(turn.round, turn.exchange);
    this.#common.at(turn.round, turn.exchange);
    asked.select(turn);
    this.#guard?.before();
    this.node.open(turn, broadcast.begin(turn, asked.selection, asked.absence));
    broadcast.finish();
    this.#guard?.after();
    this.ledger.down(this.#setup.n, broadcast.writer);
    asked.clearAbsence();
    this.#exchange.begin();
    if (this.#guard) this.#leaveOut(this.#guard);
    this.#slowest = 0;
    this.#patience?.begin(turn);
    this.#letters.open(asked);
    if (this.#transport.synchronous && !this.#complete()) this.#insist();
  }

  /** Asks those again that did not answer, or gives them up, as the policy says. */
  #insist(): void {
    if (this.#setup.partial) {
      this.#drain(true);
      return;
    }
    for (let attempt = 0; !this.#complete(); ++attempt) {
      if (attempt === MAX_ATTEMPTS) {
        const worker = this.#exchange.next;
        throw new Error(`round ${this.round}: worker ${worker} gave no answer to ${MAX_ATTEMPTS} requests`);
      }
      this.#askAgain();
    }
  }

  #complete(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#exchange.over;
  }

  #wake(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #receive(from: number, frame: Uint8Array): void {
    if (this.#guard?.isBanned(from)) return;
    try {
      const reader = this.#control.expects(from, frame) ? this.#control.reader : this.#reader;
      if (opened(reader, frame) && reader.run === runNumber(this.#setup.run) && reader.sender === from) {
        this.#sort(from, frame, reader);
      } else {
        this.dropped += 1;
        // where nobody waits for `send` to return, this is the moment to ask again
        if (!this.#transport.synchronous && this.#exchange.isAsked(from)) this.#letters.askBack(from);
      }
    } catch (error) {
      this.#fault(from, error);
    }
    if (this.#exchange.over || this.#failure !== undefined) this.#wake();
  }

  /** A message could not be taken: its sender's fault, where there is a guard, else the end of the run. */
  #fault(from: number, error: unknown): void {
    try {
      if (!this.#guard || !(error instanceof WireError)) throw error;
      if (!this.#isBannedFor(from, error, this.#guard)) return;
      if (this.#exchange.isOpen(from)) this.#exchange.giveUp(from);
      this.#drain(false);
    } catch (failure) {
      this.#failure = failure;
      if (this.#transport.synchronous) throw failure;
    }
  }

  /** Counts a message against its sender. @throws Error if a worker is banned that the run cannot do without */
  #isBannedFor(worker: number, error: WireError, guard: Guard): boolean {
    this.rejected += 1;
    const banned = guard.strike(worker);
    if (!banned || this.#setup.partial) return banned;
    throw new Error(`round ${this.round}: worker ${worker} is banned, and this run needs every worker`, {
      cause: error,
    });
  }

  /** Nobody waits for those who are banned. */
  #leaveOut(guard: Guard): void {
    for (let i = 0; i < this.#asked.count; ++i) {
      const worker = this.#asked.workers[i]!;
      if (guard.isBanned(worker)) this.#exchange.giveUp(worker);
    }
    this.#exchange.skip();
  }

  /** Finds out what the frame in the reader is. */
  #sort(from: number, frame: Uint8Array, reader: FrameReader): void {
    if (reader.kind === Kind.Control) {
      this.#control.take(from, reader);
      return;
    }
    const ours = reader.round === this.#turn.round && reader.exchange === this.#turn.exchange;
    if (reader.kind === Kind.Resync) {
      if (this.#control.asked === from) this.#letters.welcome(from, reader);
      else if (ours) this.#letters.resync(from, reader);
      else this.late += 1;
      return;
    }
    if (reader.kind !== Kind.Up) throw new WireError("kind", `server: unexpected frame kind ${reader.kind}`);
    const stand = this.#exchange.of(from);
    if (!ours || stand === Stand.Idle || stand === Stand.Out) {
      this.late += 1;
      this.#patience?.late(reader);
    } else if (stand !== Stand.Asked) {
      this.repeated += 1;
    } else if (!this.#letters.isTwin(from, reader)) {
      this.#letters.welcome(from, reader);
    } else this.#take(from, frame);
  }

  /** Takes the awaited reply in the reader: at once if it is its turn. */
  #take(from: number, frame: Uint8Array): void {
    this.#patience?.heard();
    if (from === this.#exchange.next && !this.#guard) {
      this.#apply(from, frame.length);
      this.#drain(false);
    } else {
      this.#exchange.hold(from, frame);
      if (this.#guard && !this.#exchange.waits) this.#drain(false);
    }
  }

  /** Applies the reply in the reader, whose turn it is. */
  #apply(from: number, bytes: number): void {
    const reader = this.#reader;
    const { clock } = this.#setup;
    this.node.receive(this.#turn, from, reader);
    reader.done();
    this.#exchange.apply();
    this.#letters.absorb(from, reader);
    this.ledger.up(from, reader);
    if (clock) {
      const down = clock.transfer("downlink", from, this.#letters.downBytes[from]!);
      const seconds = down + clock.compute(from) + clock.transfer("uplink", from, bytes);
      this.#slowest = Math.max(this.#slowest, seconds);
    }
  }

  /**
   * Applies held replies whose turn it is; with `giveUp`, passes over the workers that are missing. Under a guard nothing is
   * applied before everything is here.
   */
  #drain(giveUp: boolean): void {
    const exchange = this.#exchange;
    if (this.#guard && exchange.waits && !giveUp) return;
    for (exchange.skip(); !exchange.over; exchange.skip()) {
      const worker = exchange.next;
      if (exchange.of(worker) === Stand.Held) {
        const frame = exchange.frame(worker);
        this.#reader.open(frame);
        if (!this.#guard) this.#apply(worker, frame.length);
        else if (!this.#attempt(worker, frame.length, this.#guard)) return;
      } else if (giveUp) {
        this.lost += 1;
        exchange.pass();
      } else return;
    }
  }

  /** As `#apply`; if the reply is not what it should be, everything of this exchange is taken back and begun again. */
  #attempt(worker: number, bytes: number, guard: Guard): boolean {
    try {
      this.#apply(worker, bytes);
      return true;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#rewind(guard);
      if (this.#isBannedFor(worker, error, guard)) {
        this.#exchange.giveUp(worker);
        this.#drain(false);
      } else {
        this.#exchange.forget(worker);
        this.#letters.ask(worker);
      }
      return false;
    }
  }

  #rewind(guard: Guard): void {
    const turn = this.#turn;
    guard.rewind(() => {
      this.#rng.at(turn.round, turn.exchange);
      this.#common.at(turn.round, turn.exchange);
      this.node.open(turn, this.#letters.writer.begin(Kind.Down, this.#setup.run, turn, FROM_SERVER));
    });
    this.#slowest = 0;
    this.#exchange.rewind();
  }

  #close(): boolean {
    const { clock } = this.#setup;
    const answered = this.#exchange.end();
    if (clock) clock.now += this.#slowest;
    const over = answered.length === 0 || this.node.close(this.#turn, answered);
    this.#turn.exchange += 1;
    if (over) this.round += 1;
    return over;
  }

  /** The states of server and workers. Between rounds only. */
  snapshot(): Promise<Checkpoint> {
    return this.#checkpoints.snapshot(this.round);
  }

  /** Puts server and workers where a checkpoint of a run with the same setup was taken. */
  async restore(checkpoint: Checkpoint): Promise<void> {
    this.round = await this.#checkpoints.restore(checkpoint);
  }
}
