/**
 * A thread's side of `threads`: takes frames from the shared mailbox, lets its nodes answer, and blocks while there is
 * nothing to do. Knows neither what the frames say nor which kind of thread it runs in.
 */
import type { Endpoint } from "./loopback.ts";
import { EVERYONE, Found, MailboxReader, MailboxWriter } from "./mailbox.ts";

/** Words of the control block, a cache line apart. */
export enum Word {
  /** Counts what the main thread should look at. */
  Bell = 0,
  /** 1: stop. */
  Closed = 16,
  /** The node being served by thread t stands at Serving + 16 t; -1: none. */
  Serving = 32,
}

/** The first message to a thread. */
export interface Start {
  kind: "start";
  thread: number;
  threads: number;
  /** Its nodes: `count` numbers from `first` on. */
  first: number;
  count: number;
  down: SharedArrayBuffer;
  up: SharedArrayBuffer;
  control: SharedArrayBuffer;
  /** Wake the main thread through the control block, or by messages where it cannot wait there. */
  bell: "atomics" | "message";
  /** What the nodes are built from. */
  setup: unknown;
}

export type ToThread = Start | { kind: "down"; buffer: SharedArrayBuffer } | { kind: "close" };
export type FromThread =
  | { kind: "ready" }
  | { kind: "up"; buffer: SharedArrayBuffer }
  | { kind: "bell" }
  /** `node` is -1 when no node is to blame. */
  | { kind: "failed"; node: number; error: unknown; name: string };

/** The nodes of a thread. */
export interface Nodes {
  /** In order of their numbers. */
  readonly endpoints: readonly Endpoint[];
  /** Copies a frame that all nodes get to where they read it in place; the result is asked for each node anew. */
  share?(frame: Uint8Array): () => Uint8Array;
}

/** Replies are announced together (waking the main thread takes it 20-60 us), unless they take longer than this. */
const SILENCE_MS = 0.3;

export class ThreadSide {
  readonly #post: (message: FromThread) => void;
  readonly #build: (start: Start, building: (node: number) => void) => Nodes;
  #start!: Start;
  #nodes!: Nodes;
  #control!: Int32Array<SharedArrayBuffer>;
  #down!: MailboxReader;
  #up!: MailboxWriter;
  /** Entries seen when the bell was rung last. */
  #announced = 0;
  #rungAt = 0;

  /** @param build makes the nodes; says before each which one it begins, so that errors can name it */
  constructor(post: (message: FromThread) => void, build: (start: Start, building: (node: number) => void) => Nodes) {
    this.#post = post;
    this.#build = build;
  }

  /** Takes a message of the main thread. Returns true when the thread should end. */
  handle(message: ToThread): boolean {
    if (message.kind === "close") return true;
    let node = -1;
    try {
      if (message.kind === "start") {
        this.#begin(message);
        this.#nodes = this.#build(message, (building) => {
          node = building;
        });
        this.#post({ kind: "ready" });
      } else this.#down.continueIn(message.buffer);
    } catch (error) {
      this.#fail(node, error);
      return false;
    }
    return this.#serve();
  }

  #begin(start: Start): void {
    this.#start = start;
    this.#control = new Int32Array(start.control);
    this.#down = new MailboxReader(start.down, start.thread, start.threads);
    this.#up = new MailboxWriter(start.up, 1, (buffer) => this.#post({ kind: "up", buffer }));
  }

  /** Serves until the end (true), or until a message is needed: the next mailbox, or what to do after an error. */
  #serve(): boolean {
    const down = this.#down;
    const serving = Word.Serving + 16 * this.#start.thread;
    for (;;) {
      if (Atomics.load(this.#control, Word.Closed) === 1) return true;
      const found = down.look();
      if (found === Found.Frame) {
        try {
          this.#deliver(down.to, serving);
        } catch (error) {
          this.#fail(this.#control[serving]!, error);
          return false;
        }
        down.release();
        continue;
      }
      if (down.passed !== this.#announced) this.#ring();
      if (found === Found.Continued) return false;
      down.wait();
      this.#rungAt = performance.now();
    }
  }

  #deliver(to: number, serving: number): void {
    const { first, count } = this.#start;
    if (to !== EVERYONE) {
      if (to >= first && to < first + count) this.#answer(to, this.#down.frame, serving);
      return;
    }
    const frame = this.#down.frame;
    const shared = this.#nodes.share?.(frame);
    for (let node = first; node < first + count; ++node) {
      if (Atomics.load(this.#control, Word.Closed) === 1) return;
      this.#answer(node, shared ? shared() : frame, serving);
    }
  }

  #answer(node: number, frame: Uint8Array, serving: number): void {
    Atomics.store(this.#control, serving, node);
    const answer = this.#nodes.endpoints[node - this.#start.first]!.receive(frame);
    if (answer) this.#up.write(node, answer);
    Atomics.store(this.#control, serving, -1);
    if (answer && performance.now() - this.#rungAt > SILENCE_MS) this.#ring();
  }

  #ring(): void {
    this.#announced = this.#down.passed;
    this.#rungAt = performance.now();
    if (this.#start.bell === "message") this.#post({ kind: "bell" });
    else {
      Atomics.add(this.#control, Word.Bell, 1);
      Atomics.notify(this.#control, Word.Bell);
    }
  }

  #fail(node: number, error: unknown): void {
    const name = error instanceof Error ? error.name : "Error";
    try {
      this.#post({ kind: "failed", node, error, name });
    } catch {
      this.#post({ kind: "failed", node, error: new Error(String(error)), name }); // what was thrown cannot be copied
    }
  }
}
