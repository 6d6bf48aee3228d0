/**
 * Counts the signs that workers send, entry by entry, in packed bits: bit-sliced counters, 32 entries a word, so that a
 * message takes about two operations on a word, whatever n is. O(d log n) memory, no vector is decoded. Not a plugin.
 */
import type { Bytes, Compressor, Ops } from "../core/contracts.ts";
import { type AggregatorEnv, requireRoom } from "./contract.ts";

export class SignCounter {
  /** Messages since `begin`. */
  count = 0;
  /** Counter planes: ceil(lg(workers + 1)). */
  readonly depth: number;
  /** Bytes of a plane in a message: ceil(d/8). */
  readonly planeBytes: number;
  readonly #subject: string;
  readonly #ops: Ops;
  readonly #workers: number;
  readonly #words: number;
  /** Word w of plane b, bit i: bit b of how many minus signs entry 32 w + i has. */
  readonly #counters: Bytes;
  readonly #plane: Bytes;

  constructor(subject: string, { ops, dim, workers }: AggregatorEnv) {
    this.#subject = subject;
    this.#ops = ops;
    this.#workers = workers;
    this.#words = (dim + 31) >>> 5;
    this.planeBytes = (dim + 7) >>> 3;
    this.depth = 32 - Math.clz32(workers);
    this.#counters = ops.bytes(4 * this.#words * this.depth);
    this.#plane = ops.bytes(4 * this.#words + 4);
  }

  begin(): void {
    this.count = 0;
    this.#counters.view.fill(0);
  }

  /** Takes a worker's payload, which is checked first. @throws RangeError for compressors that send no sign plane */
  add(compressor: Compressor, payload: Bytes): void {
    requireRoom(this.#subject, this.count, this.#workers);
    if (compressor.signs === undefined) {
      throw new RangeError(`${this.#subject}: the compressor must send a sign plane, got ${compressor.spec}`);
    }
    compressor.check(payload);
    const words = this.#words;
    const plane = this.#plane.ptr;
    const { data } = this.#ops.arena;
    data.setUint32(plane + 4 * Math.max(0, words - 1), 0, true);
    this.#ops.kernels.move(this.planeBytes, payload.ptr + compressor.signs, plane);
    for (let w = 0; w < words; ++w) {
      let carry = data.getUint32(plane + 4 * w, true);
      for (let at = this.#counters.ptr + 4 * w; carry !== 0; at += 4 * words) {
        const bits = data.getUint32(at, true);
        data.setUint32(at, bits ^ carry, true);
        carry &= bits;
      }
    }
    this.count += 1;
  }

  /** Writes the plane of the entries for which more than half of the messages said minus; unused bits zero. */
  vote(out: number): void {
    const words = this.#words;
    const plane = this.#plane.ptr;
    const { data } = this.#ops.arena;
    const half = this.count >>> 1; // more than count/2 is more than floor(count/2)
    for (let w = 0; w < words; ++w) {
      let more = 0;
      let equal = -1;
      for (let b = this.depth - 1; b >= 0; --b) {
        const bits = data.getUint32(this.#counters.ptr + 4 * (b * words + w), true);
        const limit = (half >>> b) & 1 ? -1 : 0;
        more |= equal & bits & ~limit;
        equal &= ~(bits ^ limit);
      }
      data.setUint32(plane + 4 * w, more, true);
    }
    this.#ops.kernels.move(this.planeBytes, plane, out);
  }

  /** Writes the `depth` counter planes, the lowest bit first, each `planeBytes` long. */
  planes(out: number): void {
    for (let b = 0; b < this.depth; ++b) {
      this.#ops.kernels.move(this.planeBytes, this.#counters.ptr + 4 * b * this.#words, out + b * this.planeBytes);
    }
  }
}
