/**
 * How long to wait for an answer before asking again, learnt from how long answers took: mean + 4 mean deviations, doubled
 * after each wait in vain, as TCP sets its retransmission timer.
 * Source: Jacobson, Congestion avoidance and control, 1988; RFC 6298, section 2.
 */
import type { Turn } from "../core/contracts.ts";

export interface PatienceLimits {
  /** Milliseconds before anything is known. Default 2000. */
  first?: number;
  /** Default 50. */
  least?: number;
  /** Default 30000. */
  most?: number;
}

export class Patience {
  readonly #limits: Required<PatienceLimits>;
  #mean = 0;
  #deviation = 0;
  #known = false;
  #factor = 1;
  /** When this exchange began, the one before it, and when the last answer came. */
  readonly #times = { began: 0, before: 0, heard: 0 };
  readonly #turn = { round: -1, exchange: -1 };
  readonly #last = { round: -1, exchange: -1 };

  constructor({ first = 2000, least = 50, most = 30_000 }: PatienceLimits = {}) {
    for (const [name, value] of Object.entries({ first, least, most })) {
      if (!(value > 0 && Number.isFinite(value))) {
        throw new RangeError(`patience: ${name} must be a number of milliseconds > 0, got ${value}`);
      }
    }
    this.#limits = { first, least, most };
  }

  /** Milliseconds to wait. */
  get wait(): number {
    const { first, least, most } = this.#limits;
    const learnt = this.#known ? Math.max(least, this.#mean + 4 * this.#deviation) : first;
    return Math.min(most, learnt * this.#factor);
  }

  /** An exchange begins. */
  begin({ round, exchange }: Turn): void {
    Object.assign(this.#last, this.#turn);
    this.#turn.round = round;
    this.#turn.exchange = exchange;
    this.#times.before = this.#times.began;
    this.#times.heard = this.#times.began = performance.now();
  }

  /** An answer came that counts. */
  heard(): void {
    this.#times.heard = performance.now();
  }

  /**
   * The exchange ends with those that have answered, whom this is learnt from: one that never answers must not make every
   * round last longer than the one before.
   */
  settle(): void {
    this.learn(this.#times.heard - this.#times.began);
  }

  /**
   * An answer came too late. Once an exchange, and if it is of the exchange before, it is learnt from too, so that slow workers
   * are waited for in the end; as at most twice the wait, so that a single one counts for little.
   */
  late({ round, exchange }: Turn): void {
    if (round !== this.#last.round || exchange !== this.#last.exchange) return;
    this.#last.round = -1;
    this.learn(Math.min(performance.now() - this.#times.before, 2 * this.wait));
  }

  /** The last of the answers to an exchange came after so many milliseconds, none being asked for twice. */
  learn(elapsed: number): void {
    if (!this.#known) {
      this.#known = true;
      this.#mean = elapsed;
      this.#deviation = elapsed / 2;
    } else {
      this.#deviation += (Math.abs(elapsed - this.#mean) - this.#deviation) / 4;
      this.#mean += (elapsed - this.#mean) / 8;
    }
    this.#factor = 1;
  }

  /** Nothing came in time. */
  fail(): void {
    this.#factor = Math.min(1024, 2 * this.#factor);
  }
}
