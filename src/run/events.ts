/**
 * The server side of an asynchronous run. There are no rounds: each result is applied as it arrives, and the method
 * says who gets a job next. Arrivals are ordered by the virtual clock (then by job number), never by real time, so that
 * a run is the same on every transport; workers on other threads still compute at the same time.
 */
import type { EventServer, Transport, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Rng, SERVER } from "../core/rng.ts";
import { Chain, equal8 } from "../wire/chain.ts";
import { FROM_SERVER, type FrameReader, FrameWriter, Inbox, Kind } from "../wire/frame.ts";
import { type Checkpoint, ControlLine } from "./control.ts";
import { Ledger } from "./ledger.ts";
import { Control, opened, runNumber } from "./node.ts";
import { Pending } from "./pending.ts";
import { type InProcess, MAX_ATTEMPTS, Meters, type ServerSetup, serverEnv, serverReader } from "./server.ts";
import { NodeState } from "./state.ts";

interface Job {
  /** Number of the assignment; also the turn that keys its randomness. 0: no job. */
  number: number;
  /** Results applied before it was assigned. */
  since: number;
  /** Earliest time its result can arrive: what is known before the frame itself. */
  earliest: number;
  /** Known once the frame is here. */
  arrival: number;
  here: boolean;
  readonly inbox: Inbox;
  /** What the server has sent this worker, before and after the job, and what it has applied. */
  readonly before: Chain;
  readonly sent: Chain;
  readonly applied: Chain;
}

export class AsyncServer {
  readonly node: EventServer;
  readonly state: NodeState;
  readonly ledger: Ledger;
  /** Results applied. */
  round = 0;
  /** Largest number of results applied between a job's assignment and its result. */
  maxDelay = 0;
  /** Frames that were damaged, repeated, or of another run or sender. */
  dropped = 0;
  readonly #setup: ServerSetup;
  readonly #transport: InProcess;
  readonly #pending: Pending;
  readonly #rng: Rng;
  readonly #common: Rng;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #control: ControlLine;
  readonly #meters: Meters;
  readonly #jobs: Job[];
  readonly #turn = { round: 0, exchange: 0 };
  readonly #digest: number;
  #assigned = 0;
  #now = 0;
  #started = false;
  #failure: unknown;
  #resume: (() => void) | undefined;

  constructor(setup: ServerSetup, transport: Transport) {
    const { ops, n, dim, seed, method } = setup;
    this.#setup = setup;
    this.#transport = transport;
    this.state = new NodeState(ops, dim);
    this.ledger = new Ledger(n);
    this.#meters = new Meters(setup, this.state, this.ledger);
    const { env, rng, common } = serverEnv(setup, this.state);
    this.#rng = rng;
    this.#common = common;
    if (!method.events) throw new TypeError(`${method.name}: has no event server`);
    this.node = method.events(env, setup.options);
    this.#writer = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.#reader = serverReader(setup);
    this.#control = new ControlLine(setup, transport);
    this.#digest = ops.bytes(8).ptr;
    this.#jobs = Array.from({ length: n }, (_, i) => ({
      number: 0,
      since: 0,
      earliest: 0,
      arrival: 0,
      here: false,
      inbox: new Inbox(ops),
      before: new Chain(ops),
      sent: new Chain(ops, this.state.bytes(`job chain ${i}`, 16)),
      applied: new Chain(ops, this.state.bytes(`applied chain ${i}`, 16)),
    }));
    this.#pending = new Pending(transport);
    transport.onFrame((from, frame) => this.#receive(from, frame));
  }

  get x(): Vec {
    return this.node.x;
  }

  /** Applies the next result. Returns nothing when it was there already, else a promise. */
  play(): Promise<void> | undefined {
    if (!this.#started) {
      this.#started = true;
      for (const worker of this.node.start()) this.#assign(worker);
    }
    const next = this.#earliest();
    if (next < 0) return this.#wait();
    this.#apply(next);
    return undefined;
  }

  async #wait(): Promise<void> {
    for (;;) {
      await this.#arrival();
      const next = this.#earliest();
      if (next >= 0) {
        this.#apply(next);
        return;
      }
    }
  }

  #arrival(): Promise<void> {
    return this.#pending.promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** The worker whose result is next, or -1 while a result that may come before it is still on its way. */
  #earliest(): number {
    if (this.#failure !== undefined) throw this.#failure;
    let best = -1;
    let missing: Job | undefined;
    for (let worker = 0; worker < this.#jobs.length; ++worker) {
      const job = this.#jobs[worker]!;
      if (job.number === 0) continue;
      if (!job.here) {
        if (missing === undefined || job.earliest < missing.earliest) missing = job;
      } else if (best < 0 || before(job, this.#jobs[best]!)) best = worker;
    }
    if (best >= 0 && missing !== undefined && missing.earliest <= this.#jobs[best]!.arrival) return -1;
    if (best < 0 && missing === undefined) throw new Error("asynchronous run: no worker has a job");
    return best;
  }

  #assign(worker: number): void {
    const { run, clock, ops } = this.#setup;
    const job = this.#jobs[worker]!;
    if (job.number !== 0) throw new Error(`asynchronous run: worker ${worker} already has a job`);
    job.number = ++this.#assigned;
    job.since = this.round;
    job.here = false;
    this.#turn.round = job.number;
    this.#rng.at(job.number, 0);
    this.#common.at(job.number, 0);
    this.#writer.begin(Kind.Private, run, this.#turn, FROM_SERVER);
    this.node.assign(worker, this.#writer);
    this.#writer.finish(job.sent.ptr);
    ops.kernels.move(8, job.sent.ptr, job.before.ptr);
    job.sent.absorb(this.#writer.hashPtr);
    this.ledger.down(1, this.#writer);
    const { length } = this.#writer.frame;
    // without a network every job takes one unit of time, so workers take turns
    job.earliest = this.#now + (clock ? clock.transfer("downlink", worker, length) + clock.compute(worker) : 1);
    this.#transport.send(worker, this.#writer.frame);
    if (!this.#transport.synchronous) return;
    for (let attempt = 0; !job.here; ++attempt) {
      if (attempt === MAX_ATTEMPTS) throw new Error(`job ${job.number}: worker ${worker} gave no result`);
      this.#transport.send(worker, this.#writer.frame);
    }
  }

  #receive(from: number, frame: Uint8Array): void {
    try {
      this.#sort(from, frame);
    } catch (error) {
      this.#failure = error;
      if (this.#transport.synchronous) throw error;
    }
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #sort(from: number, frame: Uint8Array): void {
    if (this.#control.expects(from, frame)) {
      if (opened(this.#control.reader, frame)) this.#control.take(from, this.#control.reader);
      return;
    }
    const reader = this.#reader;
    const { clock, run, ops } = this.#setup;
    const job = this.#jobs[from];
    const known = opened(reader, frame) && reader.run === runNumber(run) && reader.sender === from && job !== undefined;
    if (!known || job.number === 0 || job.here || reader.round !== job.number) {
      this.dropped += 1;
      return;
    }
    if (reader.kind === Kind.Resync) {
      this.#welcome(from, job);
      return;
    }
    job.sent.with(job.applied.ptr, this.#digest);
    if (reader.kind !== Kind.Up || !equal8(ops, reader.digestPtr, this.#digest)) {
      throw new WireError("digest", `job ${job.number}: worker ${from} has applied something else`);
    }
    job.here = true;
    job.inbox.hold(frame);
    job.arrival = job.earliest + (clock ? clock.transfer("uplink", from, frame.length) : 0);
  }

  /** Tells a worker that lost its state what it must know, and gives it its job again. */
  #welcome(worker: number, job: Job): void {
    const { ops, run, n, seed } = this.#setup;
    const welcome = new FrameWriter(ops, new Rng(ops, seed, SERVER), n).begin(
      Kind.Welcome,
      run,
      this.#turn,
      FROM_SERVER,
    );
    welcome.bytes8(job.applied.ptr);
    this.node.welcome(worker, welcome);
    welcome.finish(job.before.ptr);
    this.ledger.down(1, welcome);
    this.#transport.send(worker, welcome.frame);
    // a worker gets its job from the writer only while it is the last one given
    if (job.number === this.#assigned) this.#transport.send(worker, this.#writer.frame);
    else throw new WireError("digest", `job ${job.number}: worker ${worker} lost its state while others got jobs`);
  }

  #apply(worker: number): void {
    const job = this.#jobs[worker]!;
    const reader = this.#reader.open(job.inbox.frame);
    this.#now = job.arrival;
    if (this.#setup.clock) this.#setup.clock.now = this.#now;
    const delay = this.round - job.since;
    this.maxDelay = Math.max(this.maxDelay, delay);
    job.applied.absorb(reader.hashPtr);
    job.number = 0;
    const next = this.node.receive(worker, reader, delay);
    reader.done();
    this.ledger.up(worker, reader);
    this.round += 1;
    for (const chosen of next) this.#assign(chosen);
  }

  /** The states of server and workers, and the results on their way. */
  async snapshot(): Promise<Checkpoint> {
    while (this.#jobs.some((job) => job.number > 0 && !job.here)) await this.#arrival();
    const workers: Uint8Array[] = [];
    for (let i = 0; i < this.#setup.n; ++i) {
      const question = { what: Control.Snapshot, round: this.round, digest: this.#jobs[i]!.sent.ptr };
      workers.push(await this.#control.ask(i, question, (reader) => reader.raw()));
    }
    this.#meters.write(this.round);
    const times = this.#times();
    times.set([this.#assigned, this.#now, this.maxDelay]);
    this.#jobs.forEach((job, i) => {
      times.set([job.number, job.since, job.arrival], 3 + 3 * i);
    });
    const results = this.#jobs.map((job) => (job.number > 0 ? job.inbox.frame.slice() : new Uint8Array()));
    return { server: this.state.snapshot(), workers, results };
  }

  /** Puts server and workers where a checkpoint of a run with the same setup was taken. */
  async restore(checkpoint: Checkpoint): Promise<void> {
    this.#times(); // part of the state from now on
    this.state.restore(checkpoint.server);
    const times = this.#times().slice();
    this.round = this.#meters.read();
    this.#started = true;
    [this.#assigned, this.#now, this.maxDelay] = times as unknown as [number, number, number];
    for (let i = 0; i < this.#setup.n; ++i) {
      const job = this.#jobs[i]!;
      [job.number, job.since, job.arrival] = times.subarray(3 + 3 * i) as unknown as [number, number, number];
      job.here = job.number > 0;
      if (job.here) job.inbox.hold(checkpoint.results![i]!);
      const content = checkpoint.workers[i]!;
      const question = { what: Control.Restore, round: this.round, digest: job.sent.ptr, content };
      await this.#control.ask(i, question, () => undefined);
    }
  }

  /** Three numbers of the server and three of each job. */
  #times(): Float64Array {
    const { n, ops } = this.#setup;
    const { ptr } = this.state.bytes("times", 24 * (n + 1));
    return new Float64Array(ops.arena.buffer, ptr, 3 * (n + 1));
  }
}

const before = (a: Job, b: Job): boolean => a.arrival < b.arrival || (a.arrival === b.arrival && a.number < b.number);
