/** Who is asked in an exchange and who of them was not heard: the list, and the bitmaps that frames carry. */
import type { ServerNode, Turn } from "../core/contracts.ts";

export class Participants {
  /** Those asked, ascending: the first `count`. */
  readonly workers: Int32Array;
  count = 0;
  /** Bitmap of those asked; absent when it is everyone. */
  selection: Uint8Array | undefined;
  readonly #n: number;
  readonly #choose: ServerNode["select"];
  readonly #selected: Uint8Array;
  readonly #absent: Uint8Array;
  #anyAbsent = false;

  /** @param choose fills a list of workers, ascending, and returns its length; everyone when absent */
  constructor(n: number, choose: ServerNode["select"]) {
    this.#n = n;
    this.#choose = choose;
    this.workers = new Int32Array(n);
    this.#selected = new Uint8Array((n + 7) >> 3);
    this.#absent = new Uint8Array((n + 7) >> 3);
  }

  /** Fills the list for an exchange. */
  select(turn: Turn): void {
    const workers = this.workers;
    const n = this.#n;
    if (!this.#choose) for (let i = 0; i < n; ++i) workers[i] = i;
    const count = this.#choose ? this.#choose(turn, workers) : n;
    this.count = count;
    this.#selected.fill(0);
    for (let i = 0; i < count; ++i) {
      const worker = workers[i]!;
      if (worker >= n || worker <= (i === 0 ? -1 : workers[i - 1]!)) {
        throw new RangeError(`select: workers must ascend in 0..${n - 1}, got ${workers.slice(0, count)}`);
      }
      this.#selected[worker >> 3]! |= 1 << (worker & 7);
    }
    this.selection = count === n ? undefined : this.#selected;
  }

  /** Bitmap of those whose last reply was not applied; absent when there are none. */
  get absence(): Uint8Array | undefined {
    return this.#anyAbsent ? this.#absent : undefined;
  }

  /** Begins a new bitmap. */
  clearAbsence(): void {
    if (this.#anyAbsent) this.#absent.fill(0);
    this.#anyAbsent = false;
  }

  miss(worker: number): void {
    this.#anyAbsent = true;
    this.#absent[worker >> 3]! |= 1 << (worker & 7);
  }
}
