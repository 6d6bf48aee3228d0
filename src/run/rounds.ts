/**
 * The server side of a synchronous run: rounds of one or more exchanges, each a broadcast, the replies in worker order,
 * and a step. Works over any transport; with one that delivers within `send` (loopback) a round needs no promise and
 * allocates nothing.
 */
import type { Method, Ops, Resolved, ServerEnv, ServerNode, Slots, Transport, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { COMMON, Rng, SERVER } from "../core/rng.ts";
import { Chain, FROM_SERVER, FrameReader, FrameWriter, Kind } from "../wire/frame.ts";
import type { Clock } from "./clock.ts";
import { type Control, frameLimit } from "./host.ts";
import { Ledger } from "./ledger.ts";
import { Pending } from "./pending.ts";
import { NodeState } from "./state.ts";

export interface ServerSetup {
  ops: Ops;
  run: number;
  n: number;
  dim: number;
  seed: bigint;
  method: Method;
  options: Resolved;
  start: Float64Array;
  optimum?: Float64Array;
  /** Slots of every worker. */
  codecs: readonly Slots[];
  /** Close a round without the workers that did not answer; else they are asked again. */
  partial?: boolean;
  /** Keep what a worker needs to be welcomed back (see ServerEnv.resync). */
  resync?: boolean;
  clock?: Clock | undefined;
}

/** A transport whose `send` returns after every answer to it was delivered. */
export type InProcess = Transport & { readonly synchronous?: true };

const MAX_ATTEMPTS = 64;

/** What asynchronous and synchronous servers are built from. */
export function serverEnv(setup: ServerSetup, state: NodeState): { env: ServerEnv; rng: Rng; common: Rng } {
  const { ops, n, dim, seed } = setup;
  const rng = new Rng(ops, seed, SERVER);
  const common = new Rng(ops, seed, COMMON);
  const env: ServerEnv = {
    n,
    dim,
    ops,
    state,
    rng,
    common,
    codecs: setup.codecs,
    start: ops.from(setup.start),
    resync: setup.resync === true,
    ...(setup.optimum && { optimum: ops.from(setup.optimum) }),
  };
  return { env, rng, common };
}

export class RoundServer {
  readonly node: ServerNode;
  readonly state: NodeState;
  readonly ledger: Ledger;
  /** The round that comes next. */
  round = 0;
  late = 0;
  repeated = 0;
  resynced = 0;
  lost = 0;
  readonly #setup: ServerSetup;
  readonly #transport: InProcess;
  readonly #pending: Pending;
  readonly #rng: Rng;
  readonly #common: Rng;
  readonly #writer: FrameWriter;
  readonly #private: FrameWriter;
  readonly #reader: FrameReader;
  readonly #broadcasts: Chain;
  readonly #before: Chain;
  readonly #applied: Chain[];
  readonly #digest;
  readonly #turn = { round: 0, exchange: 0 };
  readonly #expected: Int32Array;
  readonly #answered: number[] = [];
  readonly #isExpected: Uint8Array;
  readonly #early = new Map<number, Uint8Array>();
  readonly #selection: Uint8Array;
  readonly #absence: Uint8Array;
  #expectedCount = 0;
  #next = 0;
  #anyAbsent = false;
  #broadcast: Uint8Array = new Uint8Array();
  #downSeconds = 0;
  #slowest = 0;
  #resume: (() => void) | undefined;
  #failure: unknown;
  #onControl: ((worker: number, reader: FrameReader) => void) | undefined;

  constructor(setup: ServerSetup, transport: InProcess) {
    const { ops, n, dim, seed, method } = setup;
    this.#setup = setup;
    this.#transport = transport;
    this.state = new NodeState(ops, dim);
    this.ledger = new Ledger(n);
    const { env, rng, common } = serverEnv(setup, this.state);
    this.#rng = rng;
    this.#common = common;
    if (!method.server) throw new TypeError(`${method.name}: has no server half`);
    this.node = method.server(env, setup.options);
    this.#writer = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.#private = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.#reader = new FrameReader(ops, dim, n, Math.max(...setup.codecs.map((slots) => frameLimit(dim, slots))));
    this.#broadcasts = new Chain(ops, this.state.bytes("broadcast chain", 16));
    this.#before = new Chain(ops);
    this.#applied = Array.from({ length: n }, (_, i) => new Chain(ops, this.state.bytes(`applied chain ${i}`, 16)));
    this.#digest = ops.bytes(8);
    this.#expected = new Int32Array(n);
    this.#isExpected = new Uint8Array(n);
    this.#selection = new Uint8Array((n + 7) >> 3);
    this.#absence = new Uint8Array((n + 7) >> 3);
    this.#pending = new Pending(transport);
    transport.onFrame((from, frame) => this.#receive(from, frame));
  }

  get x(): Vec {
    return this.node.x;
  }

  /** Whether the last exchange's absent workers still have to be told. */
  get #absent(): Uint8Array | undefined {
    return this.#anyAbsent ? this.#absence : undefined;
  }

  /** Plays one round. Returns nothing when it is over already, else a promise. */
  play(): Promise<void> | undefined {
    this.#turn.round = this.round;
    this.#turn.exchange = 0;
    for (;;) {
      this.#open();
      if (!this.#complete()) return this.#playOn();
      if (this.#close()) return undefined;
    }
  }

  async #playOn(): Promise<void> {
    for (;;) {
      while (!this.#complete()) await this.#arrival();
      if (this.#close()) return;
      this.#open();
    }
  }

  #arrival(): Promise<void> {
    return this.#pending.promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #open(): void {
    const { ops, run, clock } = this.#setup;
    const turn = this.#turn;
    this.#rng.at(turn.round, turn.exchange);
    this.#common.at(turn.round, turn.exchange);
    const partial = this.#select();
    this.#writer.begin(Kind.Down, run, turn, FROM_SERVER, partial ? this.#selection : undefined, this.#absent);
    this.node.open(turn, this.#writer);
    this.#broadcast = this.#writer.finish(this.#broadcasts.ptr);
    ops.kernels.move(8, this.#broadcasts.ptr, this.#before.ptr);
    this.#broadcasts.absorb(this.#writer.hashPtr);
    this.ledger.down(this.#setup.n, this.#writer);
    this.#anyAbsent = false;
    this.#slowest = 0;
    this.#downSeconds = 0;
    if (clock) for (let i = 0; i < this.#expectedCount; ++i) this.#timeDown(clock, this.#expected[i]!);
    this.#transport.send("all", this.#broadcast);
    if (this.node.address) for (let i = 0; i < this.#expectedCount; ++i) this.#address(this.#expected[i]!);
    if (this.#transport.synchronous && !this.#complete()) this.#insist();
  }

  /** The broadcast's time on the slowest downlink; private parts are small beside it and ride along. */
  #timeDown(clock: Clock, worker: number): void {
    this.#downSeconds = Math.max(this.#downSeconds, clock.transfer("downlink", worker, this.#broadcast.length));
  }

  #address(worker: number): void {
    const { run } = this.#setup;
    this.#private.begin(Kind.Private, run, this.#turn, FROM_SERVER);
    this.node.address!(this.#turn, worker, this.#private);
    const frame = this.#private.finish(this.#before.ptr);
    this.ledger.down(1, this.#private);
    this.#transport.send(worker, frame);
  }

  /** Fills the list of workers asked; returns whether it is not simply everyone. */
  #select(): boolean {
    const { n } = this.#setup;
    const count = this.node.select ? this.node.select(this.#turn, this.#expected) : n;
    if (!this.node.select) for (let i = 0; i < n; ++i) this.#expected[i] = i;
    this.#expectedCount = count;
    this.#next = 0;
    this.#answered.length = 0;
    this.#early.clear();
    this.#isExpected.fill(0);
    this.#selection.fill(0);
    for (let i = 0; i < count; ++i) {
      const worker = this.#expected[i]!;
      this.#isExpected[worker] = 1;
      this.#selection[worker >> 3]! |= 1 << (worker & 7);
    }
    return count < n;
  }

  /** Asks those again that did not answer, or gives them up, as the policy says. */
  #insist(): void {
    if (this.#setup.partial) {
      this.#takeEarly(true);
      return;
    }
    for (let attempt = 0; !this.#complete(); ++attempt) {
      if (attempt === MAX_ATTEMPTS) {
        const worker = this.#expected[this.#next]!;
        throw new Error(`round ${this.round}: worker ${worker} gave no answer to ${MAX_ATTEMPTS} requests`, {
          cause: this.#failure,
        });
      }
      for (let i = this.#next; i < this.#expectedCount; ++i) {
        const worker = this.#expected[i]!;
        if (this.#isExpected[worker] !== 1 || this.#early.has(worker)) continue;
        this.lost += 1;
        this.#transport.send(worker, this.#broadcast);
        if (this.node.address && this.#isExpected[worker] === 1) this.#address(worker);
      }
    }
  }

  #complete(): boolean {
    if (this.#failure !== undefined && !this.#setup.partial && !this.#transport.synchronous) throw this.#failure;
    return this.#next === this.#expectedCount;
  }

  #receive(from: number, frame: Uint8Array): void {
    try {
      const kind = (frame[0] ?? 0) & 7;
      if (kind === Kind.Up && this.#isExpected[from] === 1 && from !== this.#expected[this.#next]) {
        this.#early.set(from, frame.slice()); // its turn comes
        return;
      }
      this.#take(from, frame);
      this.#takeEarly(false);
    } catch (error) {
      if (!(error instanceof WireError)) {
        this.#failure = error;
        if (this.#transport.synchronous) throw error;
      } else this.#failure = error;
    }
    if (this.#next === this.#expectedCount || this.#failure !== undefined) {
      const resume = this.#resume;
      this.#resume = undefined;
      resume?.();
    }
  }

  /** Takes stored frames whose turn it is; with `skip`, gives up the workers that are missing. */
  #takeEarly(skip: boolean): void {
    while (this.#next < this.#expectedCount) {
      const worker = this.#expected[this.#next]!;
      const frame = this.#early.get(worker);
      if (frame) {
        this.#early.delete(worker);
        this.#take(worker, frame);
      } else if (skip) {
        this.lost += 1;
        this.#next += 1;
      } else return;
    }
  }

  #take(from: number, frame: Uint8Array): void {
    const reader = this.#reader.open(frame);
    if (reader.run !== (this.#setup.run & 63) || reader.sender !== from) {
      throw new WireError("turn", `frame: of run ${reader.run} and sender ${reader.sender}, expected worker ${from}`);
    }
    if (reader.kind === Kind.Control) {
      this.#onControl?.(from, reader);
      return;
    }
    if (reader.kind === Kind.Resync) {
      this.#welcome(from);
      return;
    }
    if (reader.kind !== Kind.Up) throw new WireError("kind", `server: unexpected frame kind ${reader.kind}`);
    const { round, exchange } = this.#turn;
    if (reader.round !== round || reader.exchange !== exchange) {
      this.late += 1;
      return;
    }
    if (this.#isExpected[from] !== 1) {
      this.repeated += 1;
      return;
    }
    this.#broadcasts.with(this.#applied[from]!, this.#digest);
    if (!reader.equal(reader.digestPtr, this.#digest.ptr)) {
      this.#welcome(from);
      return;
    }
    this.node.receive(this.#turn, from, reader);
    reader.done();
    this.#applied[from]!.absorb(reader.hashPtr);
    this.ledger.up(from, reader);
    const { clock } = this.#setup;
    if (clock) {
      this.#slowest = Math.max(this.#slowest, clock.compute(from) + clock.transfer("uplink", from, frame.length));
    }
    this.#isExpected[from] = 2;
    this.#answered.push(from);
    this.#next += 1;
  }

  /** Sets the worker's twin state anew and repeats this turn's broadcast to it. */
  #welcome(worker: number): void {
    this.resynced += 1;
    this.#private.begin(Kind.Welcome, this.#setup.run, this.#turn, FROM_SERVER);
    this.node.welcome(worker, this.#private);
    const frame = this.#private.finish(this.#before.ptr);
    this.ledger.down(1, this.#private);
    this.#applied[worker]!.reset();
    this.#transport.send(worker, frame);
    if (this.#isExpected[worker] === 1) this.#transport.send(worker, this.#broadcast);
  }

  #close(): boolean {
    const { clock } = this.#setup;
    this.#failure = undefined;
    this.#absence.fill(0);
    for (let i = 0; i < this.#expectedCount; ++i) {
      const worker = this.#expected[i]!;
      if (this.#isExpected[worker] === 2) continue;
      this.#anyAbsent = true;
      this.#absence[worker >> 3]! |= 1 << (worker & 7);
    }
    if (clock) clock.now += this.#downSeconds + this.#slowest;
    const over = this.#answered.length === 0 ? true : this.node.close(this.#turn, this.#answered);
    if (!over) {
      this.#turn.exchange += 1;
      return false;
    }
    this.round += 1;
    return true;
  }

  /** A worker's state, or its answer to taking another: out-of-band, not counted as traffic. */
  async control(worker: number, what: Control.Snapshot | Control.Restore, content?: Uint8Array): Promise<Uint8Array> {
    const answer = this.#pending.promise<Uint8Array>((resolve) => {
      this.#onControl = (from, reader) => {
        if (from === worker) resolve(reader.more ? reader.raw() : new Uint8Array());
      };
    });
    const turn = { round: this.round, exchange: what };
    const writer = this.#private.begin(Kind.Control, this.#setup.run, turn, FROM_SERVER, undefined, this.#absent);
    if (content) writer.raw(content);
    this.#transport.send(worker, writer.finish(this.#before.ptr));
    return answer;
  }
}
