/**
 * Takes back what a hostile worker began. Its message may be intact and yet fail in the middle of being read, when parts of
 * it are already added. So the server's state is kept from before and after the broadcast of an exchange: the first, to make
 * the method's working memory anew, the second, to go on from.
 */
import { Ledger } from "./ledger.ts";
import type { NodeState } from "./state.ts";

/** Messages that may fail before their sender is heard no more. */
const STRIKES = 3;

export class Guard {
  readonly #state: NodeState;
  readonly #ledger: Ledger;
  readonly #strikes: Uint8Array;
  readonly #traffic = new Float64Array(Ledger.SIZE);
  #before = new Uint8Array();
  #after = new Uint8Array();

  constructor(n: number, state: NodeState, ledger: Ledger) {
    this.#state = state;
    this.#ledger = ledger;
    this.#strikes = new Uint8Array(n);
  }

  /** To be called before the method writes the broadcast. */
  before(): void {
    this.#before = this.#state.keep(this.#before);
  }

  /** To be called when it is written, and counted. */
  after(): void {
    this.#after = this.#state.keep(this.#after);
    this.#ledger.write(this.#traffic);
  }

  /** The state is that after the broadcast again. @param open writes the same broadcast once more, for nobody */
  rewind(open: () => void): void {
    this.#state.take(this.#before);
    open();
    this.#state.take(this.#after);
    this.#ledger.read(this.#traffic);
  }

  /** Counts a message that failed; returns whether its sender is banned now. */
  strike(worker: number): boolean {
    this.#strikes[worker]! += 1;
    return this.isBanned(worker);
  }

  isBanned(worker: number): boolean {
    return this.#strikes[worker]! >= STRIKES;
  }
}
