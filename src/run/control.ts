/** Questions to a node that are no part of the method: its state, its iterate. Not counted as traffic. */
import { Rng, SERVER } from "../core/rng.ts";
import { FROM_SERVER, FrameReader, FrameWriter, Kind } from "../wire/frame.ts";
import type { Control } from "./node.ts";
import { Pending } from "./pending.ts";
import { type InProcess, MAX_ATTEMPTS, type ServerSetup } from "./server.ts";

/** The states of all nodes between two rounds. A run that takes it up continues bit for bit. */
export interface Checkpoint {
  readonly server: Uint8Array;
  readonly workers: readonly Uint8Array[];
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

  /** Asks one node; `read` takes what it answers. */
  async ask<T>(
    worker: number,
    question: { what: Control; round: number; digest: number; absent?: Uint8Array | undefined; content?: Uint8Array },
    read: (reader: FrameReader) => T,
  ): Promise<T> {
    const turn = { round: question.round, exchange: question.what };
    const answer = this.#pending.promise<T>((resolve) => {
      this.#take = (reader) => {
        this.#take = undefined;
        resolve(read(reader));
      };
    });
    this.#worker = worker;
    this.#writer.begin(Kind.Control, this.#run, turn, FROM_SERVER, undefined, question.absent);
    if (question.content) this.#writer.raw(question.content);
    this.#writer.finish(question.digest);
    for (let attempt = 0; this.#take && (attempt === 0 || this.#transport.synchronous); ++attempt) {
      if (attempt === MAX_ATTEMPTS) throw new Error(`node ${worker}: gave no answer to ${attempt} control frames`);
      this.#transport.send(worker, this.#writer.frame);
    }
    return answer;
  }

  /** An answer came. */
  take(from: number, reader: FrameReader): void {
    if (from === this.#worker) this.#take?.(reader);
  }
}
