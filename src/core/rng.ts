/**
 * Keyed random streams. A stream is a function of (seed, node, round, exchange, part) alone, so a run draws the same
 * numbers on every transport, backend, thread count and machine.
 */
import type { Bytes } from "../../bindings/arena.ts";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { Ops } from "../../bindings/ops.ts";

/** The node number of streams that all nodes share (common coins). */
export const COMMON = 0xffffffff;
/** The node number of the server. */
export const SERVER = 0xfffffffe;
/** Added to a worker's number: what the server draws for a message to that worker alone. */
export const TO_WORKER = 0x80000000;
/** The node number for what is drawn before a run: splits, starting points, generated data. */
export const SETUP = 0xfffffffd;
/** The part number of a node's own draws; parts of a message count from 0. */
const OWN = 0xffff;
/** The part number of a gradient estimator's draws: choosing one does not shift a method's coins. */
export const ESTIMATES = 0xfffe;
/** The part number of the server's draw of those who take part in a round. */
export const PARTICIPANTS = 0xfffd;

export class Rng {
  /** State in the arena, for kernels. */
  readonly ptr: number;
  readonly #ops: Ops;
  readonly #state: Bytes;
  readonly #low: number;
  readonly #high: number;
  readonly #node: number;
  readonly #own: number;
  #round = 0;
  #exchange = 0;

  /**
   * @param seed 0 <= seed < 2^64
   * @param own the part that a turn begins with
   */
  constructor(ops: Ops, seed: bigint, node: number, own = OWN) {
    if (seed < 0n || seed >> 64n !== 0n) throw new RangeError(`rng: seed must be in 0..2^64-1, got ${seed}`);
    this.#ops = ops;
    this.#state = ops.bytes(RNG_BYTES);
    this.ptr = this.#state.ptr;
    this.#low = Number(seed & 0xffffffffn);
    this.#high = Number(seed >> 32n);
    this.#node = node;
    this.#own = own;
    this.at(0, 0);
  }

  /** Enters a turn: the node's own draws start afresh. */
  at(round: number, exchange: number): this {
    this.#round = round;
    this.#exchange = exchange;
    return this.part(this.#own);
  }

  /** The stream of one part of this turn's message. */
  part(part: number): this {
    this.#ops.kernels.rngSeed(this.ptr, this.#low, this.#high, this.#node, this.#round, this.#exchange, part);
    return this;
  }

  /** 32 random bits. */
  u32(): number {
    return this.#ops.kernels.rngU32(this.ptr) >>> 0;
  }

  /** Uniform integer in 0..bound-1. */
  below(bound: number): number {
    return this.#ops.kernels.rngBelow(this.ptr, bound) >>> 0;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return this.#ops.kernels.rngUniform(this.ptr);
  }

  /** Standard normal. */
  normal(): number {
    return this.#ops.kernels.rngNormal(this.ptr);
  }

  /** true with probability p (never for 0, always for 1). */
  coin(p: number): boolean {
    return this.uniform() < p;
  }
}
