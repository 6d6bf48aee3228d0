/**
 * What a codec's compressor remembers (`CompressorEnv.state`), twice: as it is worked on, and as the last message that went
 * out left it, so that a message that was not sent changes nothing.
 */
import type { Bytes, Vec } from "../../bindings/arena.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { Scalar, State } from "../core/contracts.ts";

export class Remembered implements State {
  readonly #ops: Ops;
  readonly #dim: number;
  readonly #entries = new Map<string, { readonly live: Bytes; kept: Bytes; readonly handle: Vec | Bytes | Scalar }>();
  #dirty = false;

  constructor(ops: Ops, dim: number) {
    this.#ops = ops;
    this.#dim = dim;
  }

  /** Bytes of all entries. */
  get size(): number {
    let sum = 0;
    for (const { live } of this.#entries.values()) sum += live.length;
    return sum;
  }

  vec(name: string, n = this.#dim): Vec {
    return this.#entry(`vec ${name}`, () => {
      const handle = this.#ops.vec(n);
      return { handle, ptr: handle.ptr, bytes: handle.view.byteLength };
    }) as Vec;
  }

  bytes(name: string, n: number): Bytes {
    return this.#entry(`bytes ${name}`, () => {
      const handle = this.#ops.bytes(n);
      return { handle, ptr: handle.ptr, bytes: n };
    }) as Bytes;
  }

  scalar(name: string): Scalar {
    return this.#entry(`scalar ${name}`, () => {
      const { arena } = this.#ops;
      const { ptr } = arena.bytes(8);
      const handle = {
        get value() {
          return arena.data.getFloat64(ptr, true);
        },
        set value(value: number) {
          arena.data.setFloat64(ptr, value, true);
        },
      };
      return { handle, ptr, bytes: 8 };
    }) as Scalar;
  }

  #entry(key: string, make: () => { handle: Vec | Bytes | Scalar; ptr: number; bytes: number }): Vec | Bytes | Scalar {
    const held = this.#entries.get(key);
    if (held) return held.handle;
    const { handle, ptr, bytes } = make();
    const { arena } = this.#ops;
    const live = arena.bytes(0).at(ptr, bytes);
    this.#entries.set(key, { handle, live, kept: arena.bytes(bytes) });
    return handle;
  }

  /** To be called before a message is made. */
  begin(): void {
    if (this.#dirty) for (const { live, kept } of this.#entries.values()) this.#move(kept, live);
    this.#dirty = this.#entries.size > 0;
  }

  /** The message that was made is out. */
  commit(): void {
    if (!this.#dirty) return;
    for (const { live, kept } of this.#entries.values()) this.#move(live, kept);
    this.#dirty = false;
  }

  /** No message that was made goes out any more. */
  drop(): void {
    if (!this.#dirty) return;
    this.begin();
    this.#dirty = false;
  }

  #move(from: Bytes, to: Bytes): void {
    this.#ops.kernels.move(from.length, from.ptr, to.ptr);
  }

  /** All entries as the last message left them, in the order in which they were asked for. */
  snapshot(): Uint8Array {
    const out = new Uint8Array(this.size);
    let at = 0;
    for (const { kept } of this.#entries.values()) {
      out.set(kept.view, at);
      at += kept.length;
    }
    return out;
  }

  /** @param bytes `size` of them */
  restore(bytes: Uint8Array): void {
    let at = 0;
    for (const { live, kept } of this.#entries.values()) {
      kept.view.set(bytes.subarray(at, at + kept.length));
      this.#move(kept, live);
      at += kept.length;
    }
    this.#dirty = false;
  }
}
