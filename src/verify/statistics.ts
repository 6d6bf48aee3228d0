/** Sample means with intervals. */

/** A check fails by chance with less than this probability, all comparisons of one verification together. */
export const FAILURE = 1e-6;
/**
 * Half of the failures go to the normal approximation, the rest to rare events: one that was not seen in T samples has a
 * probability above UNSEEN/T only with probability exp(-UNSEEN) = 1.4e-11, and so shifts the mean by at most UNSEEN/T of
 * its size.
 */
const UNSEEN = 25;

/** Standard errors for `comparisons` comparisons: P(|N| > z) <= exp(-z^2/2) each. */
export const standardErrors = (comparisons: number): number => Math.sqrt(2 * Math.log((2 * comparisons) / FAILURE));

/** Fewest samples with which events of probability 1/(1 + omega), those of a sparsifier, are seen. */
export const samplesFor = (omega: number): number => Math.ceil(UNSEEN * (1 + omega));

export class Mean {
  n = 0;
  #sum = 0;
  #squares = 0;
  #first = 0;
  #most = 0;
  /** Largest magnitude. */
  largest = 0;

  add(value: number): void {
    if (this.n++ === 0) this.#first = value;
    const off = value - this.#first; // without the shift, equal values would seem to vary by rounding
    this.#sum += off;
    this.#squares += off * off;
    this.#most = Math.max(this.#most, Math.abs(off));
    this.largest = Math.max(this.largest, Math.abs(value));
  }

  get mean(): number {
    return this.#first + this.#sum / this.n;
  }

  /** How far the mean may be from the expectation. @param z standard errors; @param jump of an event too rare to be seen */
  margin(z: number, jump = 0): number {
    const variance = Math.max(0, this.#squares / this.n - (this.#sum / this.n) ** 2);
    return z * Math.sqrt(variance / this.n) + (UNSEEN * Math.max(jump, this.#most)) / this.n;
  }
}
