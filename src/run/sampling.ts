/**
 * Partial participation: the workers of a round, drawn at the server.
 *
 * A number p is nice sampling: s = round(p n) of n workers (at least one), every subset as likely. `{ "independent": p }`: each worker
 * with probability p, drawn anew while nobody takes part; its size |S| is drawn first, then a subset of that size.
 *
 * Bounds: a server that takes the mean over S of unbiased C_i(a_i), C_i in U(omega_i), has given |S| = s the variance
 *   (1/(s n)) sum omega_i|a_i|^2 + (n - s)/(s (n - 1)) (mean|a_i|^2 - |mean a_i|^2),
 * the second term by the covariance of sampling without replacement. Over all s, with r = n E(1/|S|), that is at most
 *   (1/n^2) sum (r omega_i + (r - 1) n/(n - 1)) |a_i|^2,
 * as if all took part with r omega_i + (r - 1) n/(n - 1) in the place of omega_i. (Independent compressors that send
 * C_i(a_i)/p or nothing have (1 + omega_i)/p - 1 = r omega_i + r - 1 for r = 1/p: less by 1/(n - 1) of r - 1, since subsets of
 * one size are correlated, which hurts where the a_i cancel.)
 * What a worker learns of its own messages (shifts) depends on its chance p = E|S|/n alone: h_i moves by a C_i in a round
 * with probability p, as if by a p times C_i/p or nothing.
 * Source: Richtarik and Takac, arXiv 1310.3438 (samplings); the bound is derived here.
 */
import type { Ops, ServerNode, Turn } from "../core/contracts.ts";
import { PARTICIPANTS, Rng, SERVER } from "../core/rng.ts";
import type { ServerSetup } from "./server.ts";

export type ParticipationChoice = number | { readonly independent: number };

/** Who takes part in a round, as theory sees it. */
export interface Participation {
  /** E|S|/n: a worker's chance. */
  readonly chance: number;
  /** r = n E(1/|S|). */
  readonly times: number;
  /** Chance that |S| <= s + 1, s = 0..n-1. */
  readonly sizes: Float64Array;
}

/** Nothing where everyone takes part. @throws RangeError unless p is in (0, 1] */
export function participationOf(
  choice: ParticipationChoice | undefined,
  n: number,
  where = "participation",
): Participation | undefined {
  if (choice === undefined) return undefined;
  const p = typeof choice === "number" ? choice : choice.independent;
  if (!(p > 0 && p <= 1)) throw new RangeError(`${where}: must be in (0, 1], got ${p}`);
  const chances = new Float64Array(n);
  if (typeof choice === "number") chances[Math.max(1, Math.round(p * n)) - 1] = 1;
  else binomial(n, p, chances);
  if (chances[n - 1] === 1) return undefined;
  let [total, size, inverse] = [0, 0, 0];
  const sizes = chances.map((chance, s) => {
    size += chance * (s + 1);
    inverse += chance / (s + 1);
    total += chance;
    return total;
  });
  sizes[n - 1] = 1;
  return { chance: size / n, times: n * inverse, sizes };
}

/** chances[s - 1] = the chance of s successes among n with probability p, given that there is one. */
function binomial(n: number, p: number, chances: Float64Array): void {
  if (p === 1) {
    chances[n - 1] = 1;
    return;
  }
  // from the likeliest size both ways: nothing overflows, and no logarithm makes machines differ
  const odds = p / (1 - p);
  const mode = Math.min(n, Math.max(1, Math.floor((n + 1) * p)));
  chances[mode - 1] = 1;
  for (let s = mode; s < n; ++s) chances[s] = (chances[s - 1]! * (n - s) * odds) / (s + 1);
  for (let s = mode - 1; s > 0; --s) chances[s - 1] = (chances[s]! * (s + 1)) / ((n - s) * odds);
  const total = chances.reduce((a, b) => a + b, 0);
  for (let s = 0; s < n; ++s) chances[s]! /= total;
}

/** Draws the workers of a round from a stream of the server's keyed by the round: the same on every transport. */
export class Sampler {
  readonly #rng: Rng;
  readonly #n: number;
  readonly #sizes: Float64Array;

  constructor(ops: Ops, seed: bigint, n: number, { sizes }: Participation) {
    this.#rng = new Rng(ops, seed, SERVER, PARTICIPANTS);
    this.#n = n;
    this.#sizes = sizes;
  }

  /** Writes the workers, ascending, and returns how many: the same for all exchanges of a round. */
  select({ round }: Turn, into: Int32Array): number {
    const rng = this.#rng.at(round, 0);
    const n = this.#n;
    const u = rng.uniform();
    let size = 1;
    while (size < n && u >= this.#sizes[size - 1]!) size += 1;
    let count = 0;
    // worker i is one of the n - i left, of whom size - count are wanted
    for (let i = 0; count < size; ++i) if (rng.below(n - i) < size - count) into[count++] = i;
    return count;
  }
}

/** Who chooses the workers of a round: the method, or the run's sampler; nobody where all take part. */
export function chooser({ ops, seed, n, method, participation }: ServerSetup, node: ServerNode): ServerNode["select"] {
  if (node.select && participation) throw new TypeError(`${method.name}: chooses its workers itself`);
  if (node.select) return (turn, into) => node.select!(turn, into);
  const sampler = participation && new Sampler(ops, seed, n, participation);
  return sampler && ((turn, into) => sampler.select(turn, into));
}
