/** XXH64 of bytes that lie outside any kernel memory. */

import { ARENA_BASE } from "../../bindings/instance.ts";
import type { Kernels } from "../../bindings/kernels.ts";
import { WORD } from "../wire/message.ts";

/** Memory that is kept; longer inputs get an instance of their own, so that one long message does not stay for ever. */
const KEPT = 2 ** 20;

export class Hasher {
  readonly #fresh: () => Kernels;
  #kept: Kernels | undefined;

  constructor(fresh: () => Kernels) {
    this.#fresh = fresh;
  }

  /** Writes the hash (seed 0) of bytes[0..length) to out[at..at+8). */
  hash(bytes: Uint8Array, length: number, out: Uint8Array, at: number): void {
    const kernels = this.#instance(length);
    const from = ARENA_BASE + 16;
    new Uint8Array(kernels.memory.buffer, from, length).set(bytes.subarray(0, length));
    kernels.xxh64(from, length, 0, 0, ARENA_BASE);
    out.set(new Uint8Array(kernels.memory.buffer, ARENA_BASE, WORD), at);
  }

  /** Whether the last 8 bytes are the hash of those before. */
  agrees(bytes: Uint8Array): boolean {
    const length = bytes.length - WORD;
    if (length < 0) return false;
    const own = new Uint8Array(WORD);
    this.hash(bytes, length, own, 0);
    return own.every((byte, i) => byte === bytes[length + i]);
  }

  #instance(length: number): Kernels {
    if (length <= KEPT && this.#kept) return this.#kept;
    const kernels = this.#fresh();
    kernels.grow(ARENA_BASE + 32 + Math.max(length, length <= KEPT ? KEPT : 0));
    if (length <= KEPT) this.#kept = kernels;
    return kernels;
  }
}
