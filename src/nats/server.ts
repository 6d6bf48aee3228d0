/**
 * The server's end of a run over NATS: who is there, and frames to and from them. Delivery is not assumed: whoever needs
 * an answer asks again. What a worker can make this end hold is bounded: one unfinished body, and a budget of messages
 * that only requests refill.
 */
import type { NatsConnection, Subscription } from "@nats-io/nats-core";
import type { Transport } from "../core/contracts.ts";
import { OVERFLOW } from "../core/errors.ts";
import type { RunDescription } from "../run/cluster.ts";
import { Assembler, begins, fromJson, Type, toJson } from "./envelope.ts";
import { Outbox } from "./outbox.ts";
import { type Subjects, subjects, workerOf } from "./subjects.ts";

/** What server and workers must agree on. */
export const PROTOCOL = 1;
/** Bodies a worker may send for each request, and each second without one: hellos. */
const BUDGET = 10;
const MAX_BUDGET = 64;
const BUDGET_MS = 1000;
/** Milliseconds without a word after which a worker is asked whether it is there, and again until it counts as silent. */
const SILENCE_MS = 5000;
/** Between two answers to those whose number the run does not have. */
const REFUSAL_MS = 100;
/** A hello or a failure's text. */
const MAX_NOTE = 4096;

export interface Hello {
  protocol: number;
  /** Of this process: another one in the same seat is another worker with the same data. */
  session: string;
}

/** The answer to a hello. */
export interface Description {
  protocol: number;
  /** Of the server's process. */
  session: string;
  worker: number;
  description: RunDescription;
  /** The worker's data, where the server sends it. */
  shard?: unknown;
  /** The experiment, for workers that read their data themselves. */
  experiment?: unknown;
}

export interface NatsServerOptions {
  /** Its name: part of every subject. */
  run: string;
  workers: number;
  /** Bytes of the longest frame that a worker may send. */
  limit: number;
  /** Whether those without a number get one on request. */
  open?: boolean;
  /** Bytes that may wait for the broker; what goes beyond is not sent, as if it were lost. Default 64 MiB. */
  maxPending?: number;
  /** Called when anybody comes, leaves or misbehaves. */
  onChange?(change: Change): void;
}

export type Change =
  | { kind: "joined" | "left" | "silent" | "back"; worker: number; reason?: string }
  | { kind: "disconnected" | "reconnected" };

interface Seat {
  session: string | undefined;
  /** The process that was last said to have joined. */
  announced: string | undefined;
  /** Whether it has built its part of the current run. */
  ready: boolean;
  budget: number;
  /** When the budget was last filled without a request. */
  filled: number;
  /** Whether the description of the run is on its way. */
  describing: boolean;
  /** When it was heard last, and asked whether it is there since; ms. */
  heard: number;
  pinged: number | undefined;
  /** It did not say that it is there: whoever asks for a seat may have its. */
  silent: boolean;
  readonly assembler: Assembler;
}

export class NatsServer implements Transport {
  /** Malformed messages; those beyond a worker's budget; reconnections to the broker. */
  readonly counts = { malformed: 0, flooded: 0, reconnects: 0 };
  framesCrossed = 0;
  /** When a part of a frame came last, ms. */
  receivedAt = 0;
  readonly #connection: NatsConnection;
  readonly #options: NatsServerOptions;
  readonly #subjects: Subjects;
  readonly #outbox: Outbox;
  readonly #seats: Seat[];
  readonly #subscriptions: Subscription[] = [];
  readonly #session = crypto.randomUUID();
  readonly #reports: ((error: unknown) => void)[] = [];
  readonly #pings: ReturnType<typeof setInterval>;
  #refusedAt = -REFUSAL_MS;
  readonly #members: ((id: number, present: boolean) => void)[] = [];
  #describe: ((worker: number) => Description) | undefined;
  #receive: (from: number, frame: Uint8Array) => void = () => {};
  #failure: { error: unknown } | undefined;
  #closed = false;

  constructor(connection: NatsConnection, options: NatsServerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#subjects = subjects(options.run);
    this.#outbox = new Outbox(connection, options.maxPending);
    this.#seats = Array.from({ length: options.workers }, () => ({
      session: undefined,
      announced: undefined,
      ready: false,
      budget: BUDGET,
      filled: 0,
      describing: false,
      heard: performance.now(),
      pinged: undefined,
      silent: false,
      assembler: new Assembler(options.limit),
    }));
    this.#subscribe(this.#subjects.ups, (subject, data) => this.#up(subject, data));
    if (options.open) this.#subscribe(this.#subjects.lobby, (_subject, data) => this.#lobby(data));
    this.#pings = setInterval(() => this.#ping(), SILENCE_MS / 5);
    void this.#watch();
  }

  /** Sends given up because too much waited for the broker. */
  get refused(): number {
    return this.#outbox.refused;
  }

  /** Workers that have built their part of the current run. */
  get present(): number {
    return this.#seats.reduce((sum, { ready }) => sum + Number(ready), 0);
  }

  isPresent(worker: number): boolean {
    return this.#seats[worker]!.ready;
  }

  /** Begins a run: tells everyone what it is. They answer when they are ready; `onMember` says so. */
  begin(describe: (worker: number) => Omit<Description, "protocol" | "session" | "worker">, limit: number): void {
    this.#describe = (worker) => ({ protocol: PROTOCOL, session: this.#session, worker, ...describe(worker) });
    for (const seat of this.#seats) {
      seat.assembler.limit = limit;
      seat.budget = BUDGET;
      seat.ready = false;
    }
    this.call();
  }

  /** Asks whoever is there to say hello. */
  call(): void {
    this.#outbox.send(this.#subjects.down, Type.Call, new Uint8Array());
  }

  send(to: number | "all", frame: Uint8Array): void {
    if (this.#failure) throw this.#failure.error;
    this.framesCrossed += 1;
    for (const [worker, seat] of this.#seats.entries()) {
      if (to === "all" || to === worker) seat.budget = Math.min(MAX_BUDGET, seat.budget + BUDGET);
    }
    this.#outbox.send(to === "all" ? this.#subjects.down : this.#subjects.to(to), Type.Frame, frame);
  }

  onFrame(receive: (from: number, frame: Uint8Array) => void): void {
    this.#receive = receive;
  }

  onMember(change: (id: number, present: boolean) => void): void {
    this.#members.push(change);
    for (const [worker, { ready }] of this.#seats.entries()) if (ready) change(worker, true);
  }

  onError(report: (error: unknown) => void): void {
    this.#reports.push(report);
    if (this.#failure) report(this.#failure.error);
  }

  async flush(): Promise<void> {
    await this.#connection.flush();
  }

  /** Tells the workers that it is over, and hears nobody any more. The connection stays the caller's. */
  async close(reason = "the run is over"): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#pings);
    if (!this.#connection.isClosed()) {
      this.#outbox.send(this.#subjects.down, Type.Bye, toJson({ reason, session: this.#session }));
      for (const subscription of this.#subscriptions) subscription.unsubscribe();
      await this.#connection.flush().catch(() => {}); // it may have gone meanwhile
    }
    this.#fail(new Error("nats: the transport is closed"));
  }

  /** Ends the run with an error, where it would wait for ever. */
  interrupt(error: Error): void {
    this.#fail(error);
  }

  /** What came on a worker's own subject. */
  #up(subject: string, data: Uint8Array): void {
    const from = workerOf(subject, this.#options.workers);
    const seat = this.#seats[from];
    if (!seat) {
      this.counts.malformed += 1;
      if (data[0] === Type.Hello) this.#refuse(workerOf(subject, Infinity));
      return;
    }
    if (begins(data) && !this.#affords(seat)) {
      this.counts.flooded += 1;
      return;
    }
    this.#hear(from, seat);
    if (data[0] === Type.Chunk || data[0] === Type.Frame) this.receivedAt = seat.heard;
    const dropped = seat.assembler.dropped;
    const envelope = seat.assembler.take(data);
    this.counts.malformed += seat.assembler.dropped - dropped;
    if (!envelope) return;
    const { type, body } = envelope;
    if (type === Type.Frame) {
      if (!seat.ready) return;
      this.framesCrossed += 1;
      this.#receive(from, body);
    } else if (type === Type.Hello) this.#hello(from, seat, body);
    else if (type === Type.Ready) this.#ready(from, seat, body);
    else if (type === Type.Bye || type === Type.Failed) this.#leave(from, note(body));
    else if (type !== Type.Ping) this.counts.malformed += 1;
  }

  /** Tells a worker whose number is beyond this run's that it is, not more often than need be. */
  #refuse(worker: number): void {
    const now = performance.now();
    if (worker < 0 || now - this.#refusedAt < REFUSAL_MS) return;
    this.#refusedAt = now;
    const text = `worker must be an integer in 0..${this.#seats.length - 1} in run ${this.#options.run}, got ${worker}`;
    this.#outbox.send(this.#subjects.to(worker), Type.Failed, new TextEncoder().encode(text));
  }

  #hear(worker: number, seat: Seat): void {
    seat.heard = performance.now();
    seat.pinged = undefined;
    if (!seat.silent) return;
    seat.silent = false;
    this.#options.onChange?.({ kind: "back", worker });
  }

  /** Asks those who have said nothing for a while whether they are there. */
  #ping(): void {
    const now = performance.now();
    for (const [worker, seat] of this.#seats.entries()) {
      if (!seat.ready || now - seat.heard < SILENCE_MS) continue;
      seat.pinged ??= now;
      seat.budget = Math.max(seat.budget, 1);
      this.#outbox.send(this.#subjects.to(worker), Type.Ping, new Uint8Array());
      if (seat.silent || now - seat.pinged < SILENCE_MS) continue;
      seat.silent = true;
      this.#options.onChange?.({ kind: "silent", worker });
    }
  }

  /** Takes one body off the budget of a seat; false: it is used up. */
  #affords(seat: Seat): boolean {
    if (seat.budget <= 0) {
      const now = performance.now();
      if (now - seat.filled < BUDGET_MS) return false;
      seat.filled = now;
      seat.budget = BUDGET;
    }
    seat.budget -= 1;
    return true;
  }

  #hello(from: number, seat: Seat, body: Uint8Array): void {
    const hello = this.#read(body);
    if (!hello) return;
    if (hello.session !== seat.session && seat.ready) this.#replace(from, hello.session);
    seat.session = hello.session;
    if (this.#describe && !seat.describing) void this.#tell(from, seat, this.#describe);
  }

  /** Describes the run to a worker; its data may be long, so hellos meanwhile and shortly after are not answered. */
  async #tell(from: number, seat: Seat, describe: (worker: number) => Description): Promise<void> {
    seat.describing = true;
    this.#outbox.send(this.#subjects.to(from), Type.Describe, toJson(describe(from)), true);
    const since = performance.now();
    await this.#connection.flush().catch(() => {}); // closed: nobody will ask again
    await new Promise((resolve) => setTimeout(resolve, performance.now() - since));
    seat.describing = false;
  }

  #ready(from: number, seat: Seat, body: Uint8Array): void {
    const ready = this.#read(body);
    if (!ready || ready.session !== seat.session || seat.ready) return;
    seat.ready = true;
    if (seat.announced !== seat.session) this.#options.onChange?.({ kind: "joined", worker: from });
    seat.announced = seat.session;
    for (const change of this.#members) change(from, true);
  }

  /** A hello or the like, of this protocol. */
  #read(body: Uint8Array): Hello | undefined {
    let hello: unknown;
    try {
      hello = body.length <= MAX_NOTE ? fromJson(body) : undefined;
    } catch {} // counted below
    const { protocol, session } = (hello ?? {}) as Partial<Hello>;
    if (protocol === PROTOCOL && typeof session === "string") return { protocol, session };
    this.counts.malformed += 1;
    return undefined;
  }

  /** Gives the one that asked the first seat that nobody has. */
  #lobby(data: Uint8Array): void {
    const asked = data[0] === Type.Hello && this.#read(data.subarray(1));
    if (!asked || !/^[a-z0-9-]{1,64}$/.test(asked.session)) return;
    const taken = this.#seats.findIndex(({ session }) => session === asked.session);
    const worker = taken >= 0 ? taken : this.#seats.findIndex(({ session, ready }) => !ready && session === undefined);
    let free = worker >= 0 ? worker : this.#seats.findIndex(({ ready }) => !ready);
    if (free < 0) {
      free = this.#seats.findIndex(({ silent }) => silent);
      if (free >= 0) this.#replace(free, asked.session);
    }
    if (free >= 0) this.#seats[free]!.session = asked.session;
    this.#outbox.send(this.#subjects.seat(asked.session), Type.Describe, toJson({ worker: free }));
  }

  /** Another process sits down; the one that sat there, should it still live, is told. */
  #replace(worker: number, session: string): void {
    const reason = "another process took its seat";
    this.#leave(worker, reason);
    this.#outbox.send(this.#subjects.to(worker), Type.Bye, toJson({ reason, seat: session }));
  }

  #leave(worker: number, reason?: string): void {
    const seat = this.#seats[worker]!;
    const was = seat.ready;
    seat.ready = false;
    seat.session = undefined;
    seat.announced = undefined;
    seat.silent = false;
    this.#options.onChange?.({ kind: "left", worker, ...(reason !== undefined && { reason }) });
    if (!was) return; // it could not even begin
    for (const change of this.#members) change(worker, false);
    if (reason !== undefined && OVERFLOW.test(reason) && this.present === 0) {
      this.#fail(new Error(`worker ${worker}: ${reason}`)); // all have met numbers beyond their type
    }
  }

  #subscribe(subject: string, take: (subject: string, data: Uint8Array) => void): void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (this.#closed) return;
        if (error) this.#fail(error);
        else take(message.subject, message.data);
      },
    });
    this.#subscriptions.push(subscription);
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (this.#closed) return;
      if (status.type === "disconnect") this.#options.onChange?.({ kind: "disconnected" });
      if (status.type === "error") this.#fail(status.error);
      if (status.type !== "reconnect") continue;
      this.counts.reconnects += 1;
      this.#options.onChange?.({ kind: "reconnected" });
    }
    this.#fail(new Error("nats: the connection is closed"));
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    for (const report of this.#reports) report(error);
  }
}

/** A reason that a worker gave, cut to what a log line holds. */
function note(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, MAX_NOTE));
  return text.replace(/[^\x20-\x7e]+/g, " ").slice(0, 300);
}
