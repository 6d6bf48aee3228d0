/**
 * How long to wait for an answer before asking again, learnt from how long answers took: mean + 4 mean deviations, doubled
 * after each wait in vain, as TCP sets its retransmission timer.
 * Source: Jacobson, Congestion avoidance and control, 1988; RFC 6298, section 2.
 */
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
