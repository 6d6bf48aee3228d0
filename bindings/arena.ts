/**
 * Handles on one growable memory. The arena hands out 16-byte aligned, zeroed ranges and never takes one back: all
 * memory of a host is asked for while it is built, so a steady round neither grows nor allocates.
 */

import { ARENA_BASE } from "./instance.ts";
import type { Dtype, Kernels } from "./kernels.ts";

export type FloatView = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

export const elementBytes = (dtype: Dtype): number => (dtype === "f32" ? 4 : 8);

/** A vector in the arena. */
export class Vec {
  readonly dtype: Dtype;
  readonly length: number;
  ptr: number;
  readonly #arena: Arena;
  #view: FloatView | undefined;

  constructor(arena: Arena, ptr: number, length: number, dtype: Dtype) {
    this.#arena = arena;
    this.ptr = ptr;
    this.length = length;
    this.dtype = dtype;
  }

  /** The elements, live; renewed after the memory grew, so do not keep it. */
  get view(): FloatView {
    const buffer = this.#arena.buffer;
    let view = this.#view;
    if (view === undefined || view.buffer !== buffer || view.byteOffset !== this.ptr) {
      view =
        this.dtype === "f32"
          ? new Float32Array(buffer, this.ptr, this.length)
          : new Float64Array(buffer, this.ptr, this.length);
      this.#view = view;
    }
    return view;
  }

  /** Points the handle elsewhere (element-aligned). Only for handles that own no memory. */
  at(ptr: number): this {
    this.ptr = ptr;
    return this;
  }
}

/** A range of bytes in the arena; `at` re-points the handle, so that one handle serves a loop over parts. */
export class Bytes {
  ptr: number;
  length: number;
  readonly arena: Arena;
  #view: Uint8Array<ArrayBuffer> | undefined;

  constructor(arena: Arena, ptr: number, length: number) {
    this.arena = arena;
    this.ptr = ptr;
    this.length = length;
  }

  get view(): Uint8Array<ArrayBuffer> {
    const buffer = this.arena.buffer;
    let view = this.#view;
    if (
      view === undefined ||
      view.buffer !== buffer ||
      view.byteOffset !== this.ptr ||
      view.byteLength !== this.length
    ) {
      view = new Uint8Array(buffer, this.ptr, this.length);
      this.#view = view;
    }
    return view;
  }

  at(ptr: number, length: number): this {
    this.ptr = ptr;
    this.length = length;
    return this;
  }
}

export class Arena {
  readonly kernels: Kernels;
  #top = ARENA_BASE;
  #buffer: ArrayBuffer;
  #u8: Uint8Array<ArrayBuffer>;
  #data: DataView<ArrayBuffer>;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
    this.#buffer = kernels.memory.buffer;
    this.#u8 = new Uint8Array(this.#buffer);
    this.#data = new DataView(this.#buffer);
  }

  get buffer(): ArrayBuffer {
    return this.kernels.memory.buffer;
  }

  /** The whole memory as bytes, current. */
  get u8(): Uint8Array<ArrayBuffer> {
    this.#renew();
    return this.#u8;
  }

  /** The whole memory as a DataView, current. */
  get data(): DataView<ArrayBuffer> {
    this.#renew();
    return this.#data;
  }

  /** Bytes handed out so far. */
  get used(): number {
    return this.#top - ARENA_BASE;
  }

  #renew(): void {
    const buffer = this.kernels.memory.buffer;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#u8 = new Uint8Array(buffer);
    this.#data = new DataView(buffer);
  }

  #take(bytes: number): number {
    const ptr = this.#top;
    const top = ptr + ((bytes + 15) & ~15);
    if (!Number.isSafeInteger(bytes) || bytes < 0 || ptr + bytes > 0xffff0000) {
      throw new RangeError(`arena: a host has at most 4 GiB, asked for ${bytes} bytes beside ${this.used} in use`);
    }
    // 16 spare bytes: a last partial vector may be loaded whole by future kernels without leaving the memory
    if (top + 16 > this.buffer.byteLength)
      this.kernels.grow(Math.max(top + 16, Math.min(this.buffer.byteLength * 1.5, top + 2 ** 24)));
    this.#top = top;
    return ptr;
  }

  /** Makes sure that the next `bytes` bytes asked for do not grow the memory, which would detach every view on it. */
  reserve(bytes: number): void {
    const top = this.#top + bytes + 16;
    if (top > this.buffer.byteLength && top < 0xffff0000) this.kernels.grow(top);
  }

  vec(length: number, dtype: Dtype): Vec {
    return new Vec(this, this.#take(length * elementBytes(dtype)), length, dtype);
  }

  bytes(length: number): Bytes {
    return new Bytes(this, this.#take(length), length);
  }
}

/**
 * Scratch shared by all top-level compressors of a host. A compressor takes its scratch while it is created; parts of
 * one composite never overlap, different compressors do, since their calls never interleave.
 */
export class Scratch {
  readonly #arena: Arena;
  readonly #slots: Bytes[] = [];
  #cursor = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Starts the scratch of another top-level compressor. */
  begin(): void {
    this.#cursor = 0;
  }

  /** At least `bytes` bytes, content undefined at every call of encode or addTo. */
  take(bytes: number): Bytes {
    const slot = this.#cursor++;
    const held = this.#slots[slot];
    if (held === undefined || held.length < bytes) this.#slots[slot] = this.#arena.bytes(bytes);
    return new Bytes(this.#arena, this.#slots[slot]!.ptr, bytes);
  }

  vec(length: number, dtype: Dtype): Vec {
    return new Vec(this.#arena, this.take(length * elementBytes(dtype)).ptr, length, dtype);
  }
}
