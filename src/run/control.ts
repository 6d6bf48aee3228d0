/** Questions to a node that are no part of the method: its state, its iterate. Not counted as traffic. */
import { Rng, SERVER } from "../core/rng.ts";
import { FROM_SERVER, FrameReader, FrameWriter, Kind } from "../wire/frame.ts";
import type { Control } from "./node.ts";
import type { Patience } from "./patience.ts";
import { Pending } from "./pending.ts";
import { type InProcess, MAX_ATTEMPTS, type ServerSetup } from "./server.ts";

/** The states of all nodes between two rounds. A run that takes it up continues bit for bit. */
export interface Checkpoint {
  readonly server: Uint8Array;
  readonly workers: readonly Uint8Array[];
  /** Asynchronous runs: results on their way. */
  readonly results?: readonly Uint8Array[];
}

export interface Question {
  what: Control;
  round: number;
  digest: number;
  absent?: Uint8Array | undefined;
  content?: Uint8Array;
  /** How often to ask; default 64 times. */
  attempts?: number;
}

/** Longest answer: a state, from a worker that was asked for it. */
const MAX_STATE = 2 ** 31;

export class ControlLine {
  /** For the awaited answer alone: it may be longer than any frame of a method. */
  readonly reader: FrameReader;
  readonly #run: number;
  readonly #transport: InProcess;
  readonly #pending: Pending;
  readonly #writer: FrameWriter;
  readonly #asking = { round: -1, exchange: -1 };
  #worker = -1;
  #take: ((reader: FrameReader) => void) | undefined;

  constructor({ ops, seed, n, dim, run }: ServerSetup, transport: InProcess) {
    this.reader = new FrameReader(ops, dim, n, MAX_STATE);
    this.#run = run;
    this.#transport = transport;
    this.#pending = new Pending(transport);
    this.#writer = new FrameWriter(ops, new Rng(ops, seed, SERVER), n);
  }

  /** The worker whose answer is awaited, or -1. */
  get asked(): number {
    return this.#take ? this.#worker : -1;
  }

  /** Whether a frame is, by its kind, the awaited answer. */
  expects(from: number, frame: Uint8Array): boolean {
    return this.asked === from && frame.length > 0 && (frame[0]! & 7) === Kind.Control;
  }

  /**
   * Asks one node; `read` takes what it answers. Asks again where a transport may lose frames.
   * @throws Error when the node gives no answer, however often it is asked
   */
  async ask<T>(worker: number, question: Question, read: (reader: FrameReader) => T, patience?: Patience): Promise<T> {
    this.#asking.round = question.round;
    this.#asking.exchange = question.what;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answer = this.#pending.promise<T>((resolve) => {
      this.#take = (reader) => {
        const told = read(reader); // may throw: then the answer is still awaited
        this.#take = undefined;
        resolve(told);
      };
    });
    this.#worker = worker;
    this.#writer.begin(Kind.Control, this.#run, this.#asking, FROM_SERVER, undefined, question.absent);
    if (question.content) this.#writer.raw(question.content);
    this.#writer.finish(question.digest);
    const { synchronous } = this.#transport;
    for (let attempt = 0; this.#take && (attempt === 0 || synchronous || patience); ++attempt) {
      if (attempt === (question.attempts ?? MAX_ATTEMPTS)) {
        this.#take = undefined;
        throw new Error(`node ${worker}: gave no answer to ${attempt} control frames`);
      }
      this.#transport.send(worker, this.#writer.frame);
      if (synchronous || !patience) continue;
      const wait = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patience.wait);
      });
      await Promise.race([answer, wait]);
      clearTimeout(timer);
    }
    return answer;
  }

  /** An answer came. */
  take(from: number, reader: FrameReader): void {
    const { round, exchange } = this.#asking;
    // an answer to an earlier question, asked twice, may still be under way
    if (from === this.#worker && reader.round === round && reader.exchange === exchange) this.#take?.(reader);
  }
}
