/** Chains of hashes: what a node has sent or applied so far, in eight bytes. */
import type { Bytes, Ops } from "../core/contracts.ts";

/** A 64-bit hash chain in the arena, 0 at first: equal chains have absorbed the same frames. */
export class Chain {
  /** 8 bytes of chain, then 8 bytes that are hashed with it. */
  readonly ptr: number;
  readonly #ops: Ops;

  /** @param memory 16 bytes, where the chain is to be part of a state */
  constructor(ops: Ops, memory: Bytes = ops.bytes(16)) {
    this.#ops = ops;
    this.ptr = memory.ptr;
  }

  /** chain = XXH64(chain, the 8 bytes at `ptr`): a frame's hash. */
  absorb(ptr: number): void {
    this.with(ptr, this.ptr);
  }

  /** Sets it to the 8 bytes at `ptr`. */
  set(ptr: number): void {
    this.#ops.kernels.move(8, ptr, this.ptr);
  }

  /** The 8 bytes at `out` = XXH64(chain, the 8 bytes at `ptr`). */
  with(ptr: number, out: number): void {
    this.#ops.kernels.move(8, ptr, this.ptr + 8);
    this.#ops.kernels.xxh64(this.ptr, 16, 0, 0, out);
  }

  /** Whether it is the 8 bytes at `ptr`. */
  is(ptr: number): boolean {
    return equal8(this.#ops, this.ptr, ptr);
  }
}

/** Whether the 8 bytes at two addresses agree. */
export function equal8(ops: Ops, a: number, b: number): boolean {
  const { data } = ops.arena;
  return (
    data.getUint32(a, true) === data.getUint32(b, true) && data.getUint32(a + 4, true) === data.getUint32(b + 4, true)
  );
}
