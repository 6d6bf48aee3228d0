/** Where every worker stands in one exchange: asked, heard, applied. Replies are applied in worker order. */
import type { Ops } from "../core/contracts.ts";
import { Inbox } from "../wire/frame.ts";
import type { Participants } from "./participants.ts";

export enum Stand {
  /** Not asked, or the exchange is over. */
  Idle = 0,
  Asked = 1,
  /** Its reply is here and waits for its turn. */
  Held = 2,
  Applied = 3,
  /** Asked, and given up. */
  Out = 4,
}

export class Exchange {
  readonly #asked: Participants;
  readonly #stand: Uint8Array;
  readonly #held: Inbox[];
  readonly #answered: number[] = [];
  /** Position, among those asked, of the first that is neither applied nor given up. */
  #next = 0;

  constructor(ops: Ops, n: number, asked: Participants) {
    this.#asked = asked;
    this.#stand = new Uint8Array(n);
    this.#held = Array.from({ length: n }, () => new Inbox(ops));
  }

  begin(): void {
    const { workers, count } = this.#asked;
    this.#stand.fill(Stand.Idle);
    for (let i = 0; i < count; ++i) this.#stand[workers[i]!] = Stand.Asked;
    this.#next = 0;
  }

  of(worker: number): Stand {
    return this.#stand[worker]!;
  }

  isAsked(worker: number): boolean {
    return this.#stand[worker] === Stand.Asked;
  }

  /** Whether its reply is awaited or waits for its turn. */
  isOpen(worker: number): boolean {
    return this.#stand[worker] === Stand.Asked || this.#stand[worker] === Stand.Held;
  }

  /** Whether nobody is left to wait for. */
  get over(): boolean {
    return this.#next === this.#asked.count;
  }

  /** The worker whose reply is the next to be applied; -1 when it is over. */
  get next(): number {
    return this.over ? -1 : this.#asked.workers[this.#next]!;
  }

  /** Replies that are here, applied or not. */
  get here(): number {
    let count = 0;
    for (const stand of this.#stand) if (stand === Stand.Held || stand === Stand.Applied) count += 1;
    return count;
  }

  /** Whether any of those asked has been neither heard nor given up. */
  get waits(): boolean {
    return this.#stand.includes(Stand.Asked);
  }

  hold(worker: number, frame: Uint8Array): void {
    this.#stand[worker] = Stand.Held;
    this.#held[worker]!.hold(frame);
  }

  /** The reply that was held last. */
  frame(worker: number): Uint8Array {
    return this.#held[worker]!.frame;
  }

  /** The next worker's reply was applied. */
  apply(): void {
    this.#stand[this.next] = Stand.Applied;
    this.#next += 1;
  }

  /** Passes over the next worker. */
  pass(): void {
    this.#stand[this.next] = Stand.Out;
    this.#next += 1;
  }

  /** Passes over those given up whose turn it is. */
  skip(): void {
    while (!this.over && this.#stand[this.next] === Stand.Out) this.#next += 1;
  }

  /** Gives a worker up before its turn. */
  giveUp(worker: number): void {
    this.#stand[worker] = Stand.Out;
  }

  /** Its reply does not count: it is asked once more. */
  forget(worker: number): void {
    this.#stand[worker] = Stand.Asked;
  }

  /** Nothing counts as applied any more; every reply was held. */
  rewind(): void {
    const { workers, count } = this.#asked;
    for (let i = 0; i < count; ++i) {
      if (this.#stand[workers[i]!] === Stand.Applied) this.#stand[workers[i]!] = Stand.Held;
    }
    this.#next = 0;
  }

  /** Ends it: those whose reply was applied, ascending; valid until the next end. The others are missing. */
  end(): readonly number[] {
    const { workers, count } = this.#asked;
    const answered = this.#answered;
    let heard = 0;
    for (let i = 0; i < count; ++i) {
      const worker = workers[i]!;
      if (this.#stand[worker] === Stand.Applied) answered[heard++] = worker;
      else this.#asked.miss(worker);
    }
    if (answered.length !== heard) answered.length = heard;
    this.#stand.fill(Stand.Idle);
    return answered;
  }
}
