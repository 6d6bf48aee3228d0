/**
 * The virtual clock: how long a run would take on a network that the experiment describes. Times are drawn from their
 * own streams, keyed by worker, purpose and number of the draw, so a trace has the same seconds on every machine.
 */
import type { Ops } from "../core/contracts.ts";
import { Rng } from "../core/rng.ts";

/** Seconds: constant, log-normal (median and sigma of the logarithm), or a list that is cycled through. */
export type Law = number | { lognormal: { median: number; sigma: number } } | { values: readonly number[] };

export interface Link {
  /** Bits per second; unlimited if absent. */
  bandwidth?: number;
  /** Seconds. */
  latency?: Law;
}

export interface NetworkSpec {
  /** Seconds of computing per reply: one law, or one per worker. */
  compute?: Law | readonly Law[];
  uplink?: Link;
  downlink?: Link;
}

const CLOCK_STREAMS = 0x40000000; // node numbers of the clock's streams: apart from the workers'

/** What a time is drawn for. */
enum Purpose {
  Compute = 0,
  Uplink = 1,
  Downlink = 2,
}
const PURPOSES = 3;

export class Clock {
  /** Seconds since the run began. */
  now = 0;
  readonly #spec: NetworkSpec;
  readonly #streams: Rng[];
  /** Draws so far, per worker and purpose. */
  readonly #draws: Float64Array;

  constructor(ops: Ops, seed: bigint, n: number, spec: NetworkSpec) {
    this.#spec = spec;
    this.#streams = Array.from({ length: n }, (_, i) => new Rng(ops, seed, CLOCK_STREAMS + i));
    this.#draws = new Float64Array(PURPOSES * n);
    const { compute } = spec;
    if (Array.isArray(compute) && compute.length !== n) {
      throw new RangeError(`network: compute must have one law per worker (${n}), got ${compute.length}`);
    }
  }

  /** Seconds that worker i computes for its next reply. */
  compute(worker: number): number {
    const { compute } = this.#spec;
    return this.#draw(worker, Purpose.Compute, (Array.isArray(compute) ? compute[worker] : compute) as Law | undefined);
  }

  /** Seconds until `bytes` have crossed worker i's uplink or downlink. */
  transfer(direction: "uplink" | "downlink", worker: number, bytes: number): number {
    const link = this.#spec[direction];
    if (link === undefined) return 0;
    const purpose = direction === "uplink" ? Purpose.Uplink : Purpose.Downlink;
    const seconds = link.bandwidth === undefined ? 0 : (8 * bytes) / link.bandwidth;
    return this.#draw(worker, purpose, link.latency) + seconds;
  }

  /** Numbers that `write` and `read` move. */
  static size(n: number): number {
    return 1 + PURPOSES * n;
  }

  /** Into a checkpoint. */
  write(into: Float64Array): void {
    into[0] = this.now;
    into.set(this.#draws, 1);
  }

  read(from: Float64Array): void {
    this.now = from[0]!;
    this.#draws.set(from.subarray(1));
  }

  #draw(worker: number, purpose: Purpose, law: Law | undefined): number {
    if (law === undefined) return 0;
    if (typeof law === "number") return law;
    const at = PURPOSES * worker + purpose;
    const draw = this.#draws[at]!;
    this.#draws[at] = draw + 1;
    if ("values" in law) return law.values[draw % law.values.length]!;
    return law.lognormal.median * Math.exp(law.lognormal.sigma * this.#streams[worker]!.at(draw, purpose).normal());
  }
}
