/**
 * The server side of an asynchronous run. There are no rounds: each result is applied as it arrives, and the method
 * says who gets a job next. Arrivals are ordered by the virtual clock (then by job number), never by real time, so that
 * a run is the same on every transport; workers on other threads still compute at the same time.
 */
import type { EventServer, Transport, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Rng, SERVER } from "../core/rng.ts";
import { Chain, FROM_SERVER, FrameReader, FrameWriter, Kind } from "../wire/frame.ts";
import { frameLimit } from "./host.ts";
import { Ledger } from "./ledger.ts";
import { Pending } from "./pending.ts";
import { type InProcess, type ServerSetup, serverEnv } from "./rounds.ts";
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
  frame: Uint8Array | undefined;
}

export class AsyncServer {
  readonly node: EventServer;
  readonly state: NodeState;
  readonly ledger: Ledger;
  /** Results applied. */
  round = 0;
  /** Largest number of results applied between a job's assignment and its result. */
  maxDelay = 0;
  readonly #setup: ServerSetup;
  readonly #transport: InProcess;
  readonly #pending: Pending;
  readonly #rng: Rng;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #jobs: Job[];
  readonly #sent: Chain[];
  #assigned = 0;
  #now = 0;
  #started = false;
  #resume: (() => void) | undefined;

  constructor(setup: ServerSetup, transport: Transport) {
    const { ops, n, dim, seed, method } = setup;
    this.#setup = setup;
    this.#transport = transport;
    this.state = new NodeState(ops, dim);
    this.ledger = new Ledger(n);
    const { env, rng } = serverEnv(setup, this.state);
    this.#rng = rng;
    if (!method.events) throw new TypeError(`${method.name}: has no event server`);
    this.node = method.events(env, setup.options);
    this.#writer = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
    this.#reader = new FrameReader(ops, dim, n, Math.max(...setup.codecs.map((slots) => frameLimit(dim, slots))));
    this.#jobs = Array.from({ length: n }, () => ({ number: 0, since: 0, earliest: 0, arrival: 0, frame: undefined }));
    this.#sent = Array.from({ length: n }, (_, i) => new Chain(ops, this.state.bytes(`job chain ${i}`, 16)));
    this.#pending = new Pending(transport);
    transport.onFrame((from, frame) => this.#arrived(from, frame));
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
      await this.#pending.promise((resolve) => {
        this.#resume = resolve;
      });
      const next = this.#earliest();
      if (next >= 0) {
        this.#apply(next);
        return;
      }
    }
  }

  /** The worker whose result is next, or -1 while a result that may come before it is still on its way. */
  #earliest(): number {
    let best = -1;
    let missing: Job | undefined;
    for (let worker = 0; worker < this.#jobs.length; ++worker) {
      const job = this.#jobs[worker]!;
      if (job.number === 0) continue;
      if (job.frame === undefined) {
        if (missing === undefined || job.earliest < missing.earliest) missing = job;
      } else if (best < 0 || before(job, this.#jobs[best]!)) best = worker;
    }
    if (best >= 0 && missing !== undefined && missing.earliest <= this.#jobs[best]!.arrival) return -1;
    if (best < 0 && missing === undefined) throw new Error("asynchronous run: no worker has a job");
    return best;
  }

  #assign(worker: number): void {
    const { run, clock } = this.#setup;
    const job = this.#jobs[worker]!;
    if (job.number !== 0) throw new Error(`asynchronous run: worker ${worker} already has a job`);
    job.number = ++this.#assigned;
    job.since = this.round;
    job.frame = undefined;
    this.#rng.at(job.number, 0);
    this.#writer.begin(Kind.Private, run, { round: job.number, exchange: 0 }, FROM_SERVER);
    this.node.assign(worker, this.#writer);
    const frame = this.#writer.finish(this.#sent[worker]!.ptr);
    this.#sent[worker]!.absorb(this.#writer.hashPtr);
    this.ledger.down(1, this.#writer);
    // without a network every job takes one unit of time, so workers take turns
    job.earliest = this.#now + (clock ? clock.transfer("downlink", worker, frame.length) + clock.compute(worker) : 1);
    this.#transport.send(worker, frame);
  }

  #arrived(from: number, frame: Uint8Array): void {
    const job = this.#jobs[from];
    if (job === undefined || job.number === 0 || job.frame !== undefined) return;
    const { clock } = this.#setup;
    job.frame = this.#transport.synchronous ? frame : frame.slice();
    job.arrival = job.earliest + (clock ? clock.transfer("uplink", from, frame.length) : 0);
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #apply(worker: number): void {
    const job = this.#jobs[worker]!;
    const reader = this.#reader.open(job.frame!);
    if (reader.kind !== Kind.Up || reader.sender !== worker || reader.round !== job.number) {
      throw new WireError("turn", `frame: kind ${reader.kind} of job ${reader.round}, expected job ${job.number}`);
    }
    this.#now = job.arrival;
    if (this.#setup.clock) this.#setup.clock.now = this.#now;
    const delay = this.round - job.since;
    this.maxDelay = Math.max(this.maxDelay, delay);
    job.number = 0;
    job.frame = undefined;
    const next = this.node.receive(worker, reader, delay);
    reader.done();
    this.ledger.up(worker, reader);
    this.round += 1;
    for (const chosen of next) this.#assign(chosen);
  }
}

const before = (a: Job, b: Job): boolean => a.arrival < b.arrival || (a.arrival === b.arrival && a.number < b.number);
