/**
 * Nodes on other threads, several on each. Frames cross through shared memory: a broadcast is written once and read by
 * all, replies come back through one queue a thread. The main thread never blocks; messages are for set-up, errors and
 * larger queues only.
 */
import type { Transport } from "../core/contracts.ts";
import { createMailbox, EVERYONE, Found, MailboxReader, MailboxWriter } from "./mailbox.ts";
import { type FromThread, type ToThread, Word } from "./thread.ts";

/** A thread, of whatever kind this platform has. */
export interface ThreadPort {
  post(message: ToThread): void;
  listen(on: {
    message(message: FromThread): void;
    /** The thread is gone; `error` is what nobody caught there. */
    ended(error: unknown): void;
  }): void;
  /** Ends it at once; resolves when it is gone, also if it was before. */
  terminate(): Promise<void>;
}

export interface ThreadsOptions {
  /** Nodes, spread over the ports in blocks of consecutive numbers. */
  nodes: number;
  /** What thread t builds its nodes first .. first + count - 1 from; must be structured-cloneable. */
  setup(first: number, count: number): unknown;
  /** Bytes of a queue at first. */
  mailboxBytes?: number;
  /** How threads wake the main one; by default through shared memory where `Atomics.waitAsync` exists. */
  bell?: "atomics" | "message";
  /** How long `close` waits for threads that still compute. */
  graceMs?: number;
}

type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
) => { async: false } | { async: true; value: Promise<unknown> };

const MAILBOX_BYTES = 65536;
const GRACE_MS = 200;
const FOREVER_MS = 2 ** 31 - 1;

interface Thread {
  readonly port: ThreadPort;
  readonly first: number;
  readonly count: number;
  readonly up: MailboxReader;
  /** Memory that the thread's replies go on in, in case its message comes before the last entry here is read. */
  readonly next: SharedArrayBuffer[];
  readonly ended: Promise<void>;
  isEnded: boolean;
}

export class Threads implements Transport {
  /** Frames written or read so far. */
  framesCrossed = 0;
  readonly #threads: Thread[] = [];
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #down: MailboxWriter;
  readonly #options: ThreadsOptions;
  readonly #waitAsync: WaitAsync | undefined;
  readonly #reports: ((error: unknown) => void)[] = [];
  readonly #flushes: (() => void)[] = [];
  /** Neither waiting on shared memory nor idle threads keep a process running; this does while frames are under way. */
  readonly #alive: { ref?(): void; unref?(): void };
  #isBusy = true;
  #ready = 0;
  #begun: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  #receive: (from: number, frame: Uint8Array) => void = () => {};

  private constructor(ports: readonly ThreadPort[], options: ThreadsOptions) {
    const threads = ports.length;
    this.#options = options;
    this.#control = new Int32Array(new SharedArrayBuffer(4 * (Word.Serving + 16 * threads)));
    this.#waitAsync =
      options.bell === "message" ? undefined : (Atomics as unknown as { waitAsync?: WaitAsync }).waitAsync;
    const down = createMailbox(threads, options.mailboxBytes ?? MAILBOX_BYTES);
    this.#down = new MailboxWriter(down, threads, (buffer) => {
      for (const { port } of this.#threads) port.post({ kind: "down", buffer });
    });
    this.#alive = setInterval(() => {}, FOREVER_MS) as unknown as { ref?(): void; unref?(): void };
    ports.forEach((port, index) => {
      this.#threads.push(this.#add(port, index, threads, down));
    });
  }

  /** Starts the nodes. @throws what building one of them threw; the threads are ended then */
  static async start(ports: readonly ThreadPort[], options: ThreadsOptions): Promise<Threads> {
    const threads = new Threads(ports, options);
    await new Promise<void>((resolve) => {
      threads.#begun = resolve;
      if (threads.#failure) resolve(); // a port may fail while it is listened to
    });
    if (threads.#failure) {
      await threads.close();
      throw threads.#failure.error;
    }
    if (threads.#waitAsync) void threads.#listen(threads.#waitAsync);
    threads.#rest();
    return threads;
  }

  #add(port: ThreadPort, index: number, threads: number, down: SharedArrayBuffer): Thread {
    const { nodes, setup, mailboxBytes = MAILBOX_BYTES } = this.#options;
    const first = Math.floor((index * nodes) / threads);
    const count = Math.floor(((index + 1) * nodes) / threads) - first;
    const up = createMailbox(1, mailboxBytes);
    this.#control[Word.Serving + 16 * index] = -1;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const thread: Thread = { port, first, count, up: new MailboxReader(up, 0, 1), next: [], ended, isEnded: false };
    port.listen({
      message: (message) => this.#message(thread, message),
      ended: (error) => {
        thread.isEnded = true;
        end();
        this.#died(thread, index, error);
      },
    });
    port.post({
      kind: "start",
      thread: index,
      threads,
      first,
      count,
      down,
      up,
      control: this.#control.buffer,
      bell: this.#waitAsync ? "atomics" : "message",
      setup: setup(first, count),
    });
    return thread;
  }

  send(to: number | "all", frame: Uint8Array): void {
    if (this.#failure) throw this.#failure.error;
    this.framesCrossed += 1;
    this.#down.write(to === "all" ? EVERYONE : to, frame);
    if (!this.#isBusy) {
      this.#isBusy = true;
      this.#alive.ref?.();
    }
  }

  onFrame(receive: (from: number, frame: Uint8Array) => void): void {
    this.#receive = receive;
  }

  onMember(change: (id: number, present: boolean) => void): void {
    for (let node = 0; node < this.#options.nodes; ++node) change(node, true);
  }

  onError(report: (error: unknown) => void): void {
    this.#reports.push(report);
    if (this.#failure) report(this.#failure.error);
  }

  /** Resolves when every frame sent was taken and every answer to it delivered. */
  async flush(): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    if (!this.#isBusy) return;
    await new Promise<void>((resolve) => this.#flushes.push(resolve));
    const failure = this.#failure as { error: unknown } | undefined;
    if (failure && !this.#closing) throw failure.error;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#alive.ref?.();
    this.#fail(new Error("threads: the transport is closed"));
    Atomics.store(this.#control, Word.Closed, 1);
    this.#down.end();
    this.#wake();
    for (const { port, isEnded } of this.#threads) if (!isEnded) port.post({ kind: "close" });
    let grace: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      grace = setTimeout(resolve, this.#options.graceMs ?? GRACE_MS);
    });
    await Promise.race([patience, Promise.all(this.#threads.map(({ ended }) => ended))]);
    clearTimeout(grace);
    await Promise.all(this.#threads.map(({ port }) => port.terminate()));
    clearInterval(this.#alive as unknown as number);
  }

  #message(thread: Thread, message: FromThread): void {
    switch (message.kind) {
      case "ready":
        this.#ready += 1;
        if (this.#ready === this.#threads.length) this.#begun?.();
        break;
      case "up":
        thread.next.push(message.buffer);
        this.#deliver();
        break;
      case "bell":
        this.#deliver();
        break;
      case "failed": {
        const { error, node, name } = message;
        if (error instanceof Error && error.name !== name) Object.defineProperty(error, "name", { value: name });
        const text = error instanceof Error ? error.message : String(error);
        const who = node < 0 ? named(thread) : `worker ${node}`;
        this.#fail(new Error(`${who}: ${text}`, { cause: error }));
      }
    }
  }

  #died(thread: Thread, index: number, error: unknown): void {
    if (this.#closing) return;
    const node = Atomics.load(this.#control, Word.Serving + 16 * index);
    const who = node < 0 ? named(thread) : `worker ${node}`;
    const text = error instanceof Error ? error.message : String(error);
    this.#fail(new Error(`${who}: the thread died: ${text}`, { cause: error }));
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    for (const report of this.#reports) report(error);
    this.#begun?.();
    this.#idle();
  }

  /** Delivers what threads announce, as long as the transport is open. */
  async #listen(waitAsync: WaitAsync): Promise<void> {
    while (!this.#failure) {
      const seen = Atomics.load(this.#control, Word.Bell);
      this.#deliver();
      if (this.#failure) return;
      const waiting = waitAsync(this.#control, Word.Bell, seen);
      // what was announced meanwhile is looked at after the microtasks that the delivery made
      await (waiting.async ? waiting.value : undefined);
    }
  }

  /** Rouses `#listen`, so that no wait is left behind. */
  #wake(): void {
    Atomics.add(this.#control, Word.Bell, 1);
    Atomics.notify(this.#control, Word.Bell);
  }

  #deliver(): void {
    try {
      for (const { up, next } of this.#threads) {
        for (let found = up.look(); found !== Found.Nothing && !this.#failure; found = up.look()) {
          if (found === Found.Continued) {
            const buffer = next.shift();
            if (!buffer) break; // its message is on the way
            up.continueIn(buffer);
            continue;
          }
          this.framesCrossed += 1;
          this.#receive(up.to, up.frame);
          up.release();
        }
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#rest();
  }

  /** Lets the process end, and `flush` resolve, if no frame is under way. */
  #rest(): void {
    if (!this.#isBusy) return;
    // in this order: a thread lets go a frame after it wrote the answer
    for (let i = 0; i < this.#threads.length; ++i) if (!this.#down.passed(i, this.#down.head)) return;
    for (const { up } of this.#threads) if (up.look() !== Found.Nothing) return;
    this.#idle();
  }

  #idle(): void {
    this.#isBusy = false;
    this.#alive.unref?.();
    for (const resolve of this.#flushes.splice(0)) resolve();
  }
}

const named = ({ first, count }: Thread): string =>
  count === 1 ? `worker ${first}` : `workers ${first}..${first + count - 1}`;
