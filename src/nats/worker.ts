/**
 * A worker's end of a run over NATS, in Node or in a browser's tab: says hello until it is told what the run is, builds
 * its part, then answers frames. Answers only: the server decides whom it asks again.
 */
import type { NatsConnection } from "@nats-io/nats-core";
import type { Shard } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { buildHost, createOps, frameRoom, type RunDescription } from "../run/cluster.ts";
import { STATS } from "../run/timing.ts";
import { Assembler, fromJson, Type, toJson } from "./envelope.ts";
import { Outbox } from "./outbox.ts";
import { type Description, PROTOCOL } from "./server.ts";
import { type Subjects, subjects } from "./subjects.ts";

export interface JoinOptions {
  run: string;
  /** This worker's number; absent: the server gives one, if the run is open. */
  worker?: number;
  /** Reads this worker's data, where the server does not send it. */
  shard?(experiment: unknown, worker: number): Promise<Shard>;
  /** What happens, for a person to read. */
  onEvent?(event: string): void;
  /** Frames answered so far, at most twice a second. */
  onFrames?(frames: number): void;
  /** Leaves the run. */
  signal?: AbortSignal;
  /** Milliseconds between hellos. Default 1000. */
  helloMs?: number;
  /** Bytes of the longest message that this worker takes: its data may come that way. Default 1 GiB. */
  limit?: number;
  /** Bytes that may wait for the broker; what goes beyond is not sent, as if it were lost. Default 64 MiB. */
  maxPending?: number;
}

/** What a worker has done when it ends. */
export interface Joined {
  worker: number;
  /** Why it ended. */
  reason: string;
  frames: number;
  /** Messages that were malformed or not for this run. */
  dropped: number;
}

const LIMIT = 2 ** 30;
const HELLO_MS = 1000;
const REPORT_MS = 500;

/** Takes part in a run until it is over. @throws UsageError if it cannot take part, Error if the connection ends first */
export async function join(connection: NatsConnection, options: JoinOptions): Promise<Joined> {
  const seat = new Seat(connection, options);
  try {
    return await seat.sit();
  } finally {
    seat.leave();
  }
}

interface Endpoint {
  receive(frame: Uint8Array): Uint8Array | undefined;
}

class Seat {
  readonly #connection: NatsConnection;
  readonly #options: JoinOptions;
  readonly #subjects: Subjects;
  readonly #session = crypto.randomUUID();
  readonly #broadcast: Assembler;
  readonly #private: Assembler;
  readonly #outbox: Outbox;
  readonly #unsubscribe: (() => void)[] = [];
  #worker = -1;
  #host: Endpoint | undefined;
  /** The server's process and the run that the host was built for. */
  #built = "";
  #building = false;
  #frames = 0;
  #reported = 0;
  #strangers = 0;
  #hello: ReturnType<typeof setInterval> | undefined;
  #end: (outcome: { reason: string } | { error: unknown }) => void = () => {};

  constructor(connection: NatsConnection, options: JoinOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#subjects = subjects(options.run);
    this.#outbox = new Outbox(connection, options.maxPending);
    this.#broadcast = new Assembler(options.limit ?? LIMIT);
    this.#private = new Assembler(options.limit ?? LIMIT);
  }

  async sit(): Promise<Joined> {
    const over = new Promise<{ reason: string } | { error: unknown }>((resolve) => {
      this.#end = resolve;
    });
    const { signal } = this.#options;
    const abort = () => {
      if (this.#worker >= 0) this.#publish(Type.Bye, new TextEncoder().encode("it was told to leave"));
      this.#end({ reason: "told to leave" });
    };
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    void this.#watch();
    if (this.#options.worker === undefined) this.#askForSeat();
    else this.#take(this.#options.worker);
    const outcome = await over;
    signal?.removeEventListener("abort", abort);
    if ("error" in outcome) throw outcome.error;
    if (!this.#connection.isClosed()) await this.#connection.flush().catch(() => {});
    const dropped = this.#broadcast.dropped + this.#private.dropped + this.#strangers;
    return { worker: this.#worker, reason: outcome.reason, frames: this.#frames, dropped };
  }

  leave(): void {
    clearInterval(this.#hello);
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** Asks for a number until one is given. */
  #askForSeat(): void {
    const { lobby, seat } = this.#subjects;
    this.#options.onEvent?.(`waiting for the server of run ${this.#options.run}`);
    let told = false;
    this.#subscribe(seat(this.#session), (data) => {
      if (this.#worker >= 0 || data[0] !== Type.Describe) return;
      const worker = seatIn(data.subarray(1));
      if (worker === undefined) this.#strangers += 1;
      else if (worker >= 0) this.#take(worker);
      else if (!told) {
        told = true;
        this.#options.onEvent?.("all seats are taken; waiting for one");
      }
    });
    this.#repeat(() => this.#outbox.send(lobby, Type.Hello, this.#greeting()));
  }

  #take(worker: number): void {
    this.#worker = worker;
    const { down, to } = this.#subjects;
    this.#subscribe(down, (data) => this.#heard(this.#broadcast, data));
    this.#subscribe(to(worker), (data) => this.#heard(this.#private, data));
    this.#options.onEvent?.(`worker ${worker}: waiting for the server`);
    this.#repeat(() => this.#publish(Type.Hello, this.#greeting()));
  }

  #repeat(say: () => void): void {
    clearInterval(this.#hello);
    say();
    this.#hello = setInterval(() => {
      if (!this.#connection.isClosed()) say();
    }, this.#options.helloMs ?? HELLO_MS);
  }

  #greeting = (): Uint8Array => toJson({ protocol: PROTOCOL, session: this.#session });

  #heard(assembler: Assembler, data: Uint8Array): void {
    const envelope = assembler.take(data);
    if (!envelope) return;
    const { type, body } = envelope;
    if (type === Type.Frame) this.#answer(body);
    else if (type === Type.Describe) void this.#build(body);
    else if (type === Type.Call) this.#repeat(() => this.#publish(Type.Hello, this.#greeting()));
    else if (type === Type.Bye) this.#dismissed(body);
    else if (type === Type.Ping) this.#publish(Type.Ping, new Uint8Array());
    else if (type === Type.Failed) this.#end({ error: new UsageError(`nats: ${new TextDecoder().decode(body)}`) });
    else this.#strangers += 1;
  }

  #answer(frame: Uint8Array): void {
    if (!this.#host) return;
    this.#frames += 1;
    this.#report();
    try {
      const answer = this.#host.receive(frame);
      if (answer) this.#publish(Type.Frame, answer);
    } catch (error) {
      this.#failed(error);
    }
  }

  #report(): void {
    const { onFrames } = this.#options;
    const now = performance.now();
    if (!onFrames || now - this.#reported < REPORT_MS) return;
    this.#reported = now;
    onFrames(this.#frames);
  }

  async #build(body: Uint8Array): Promise<void> {
    if (this.#building) return;
    this.#building = true;
    try {
      const told = fromJson(body) as Description;
      if (told.protocol !== PROTOCOL) {
        throw new UsageError(`nats: the server speaks protocol ${told.protocol}, this worker ${PROTOCOL}`);
      }
      clearInterval(this.#hello);
      const { description } = told;
      const built = `${told.session} ${description.run}`;
      if (built !== this.#built) {
        const shard = (told.shard as Shard | undefined) ?? (await this.#read(told));
        this.#host = host(description, shard, this.#worker);
        this.#built = built;
        this.#options.onEvent?.(`worker ${this.#worker}: ${description.method}, d = ${description.dim}`);
      }
      this.#publish(Type.Ready, this.#greeting());
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#building = false;
    }
  }

  async #read({ experiment }: Description): Promise<Shard> {
    const { shard } = this.#options;
    if (experiment === undefined || !shard) {
      throw new UsageError("nats: the server sends no data, and this worker has none; serve with --send-data");
    }
    return shard(experiment, this.#worker);
  }

  #dismissed(body: Uint8Array): void {
    let told: { reason?: unknown; seat?: unknown } = {};
    try {
      told = fromJson(body) as typeof told;
    } catch {} // a goodbye all the same
    const reason = String(told?.reason ?? "the server said goodbye");
    if (typeof told?.seat !== "string") this.#end({ reason });
    else if (told.seat !== this.#session) this.#end({ error: new Error(`worker ${this.#worker}: ${reason}`) });
  }

  /** The server learns why, and this end stops. */
  #failed(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#publish(Type.Failed, new TextEncoder().encode(text.slice(0, 1000)));
    this.#end({ error });
  }

  #publish(type: Type, body: Uint8Array): void {
    this.#outbox.send(this.#subjects.up(this.#worker), type, body);
  }

  #subscribe(subject: string, take: (data: Uint8Array) => void): void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) this.#end({ error });
        else take(message.data);
      },
    });
    this.#unsubscribe.push(() => subscription.unsubscribe());
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect") this.#options.onEvent?.("the broker is gone; waiting for it");
      if (status.type === "reconnect") this.#options.onEvent?.("the broker is back");
      if (status.type === "error") this.#end({ error: status.error });
    }
    this.#end({ error: new Error("nats: the connection is closed") });
  }
}

/** The number in the answer to a lobby's question, -1 for none left. */
function seatIn(body: Uint8Array): number | undefined {
  try {
    const { worker } = fromJson(body) as { worker: unknown };
    return Number.isInteger(worker) ? (worker as number) : undefined;
  } catch {
    return undefined; // anybody can publish in an open run
  }
}

/** This worker's part of a run, in memory of its own. */
function host(description: RunDescription, shard: Shard, worker: number): Endpoint {
  const ops = createOps(description.backend, description.dtype);
  const built = buildHost(description, shard, ops, worker, new Float64Array(STATS * description.n));
  ops.arena.reserve(frameRoom({ ...description, n: 1 }, ops));
  let inbox = ops.bytes(0);
  let room = 0;
  let from = inbox.ptr;
  return {
    receive(frame) {
      if (frame.length + 15 > room) {
        room = 2 * frame.length + 512;
        from = ops.bytes(room).ptr;
      }
      inbox = inbox.at(from, frame.length);
      inbox.view.set(frame);
      return built.receive(inbox.view);
    },
  };
}
