import { expect } from "vitest";
import type { Dtype } from "../../bindings/kernels.ts";
import { BASE, bytes, bytesOf, type Pair, vec } from "./harness.ts";

const GUARD = 64;
const FILL = 0xa5;

/** Lays out buffers with guard bytes between them, the same in both memories. `skew` elements off 16-byte alignment. */
export class Layout {
  private at = BASE;
  constructor(private readonly p: Pair) {
    for (const k of [p.wasm, p.reference]) new Uint8Array(k.memory.buffer, BASE).fill(FILL);
  }
  floats(dtype: Dtype, values: ArrayLike<number>, skew = 0): number {
    const at = this.take(values.length * bytesOf(dtype), skew * bytesOf(dtype));
    for (const k of [this.p.wasm, this.p.reference]) vec(k, dtype, values.length, at).set(values);
    return at;
  }
  u32(values: ArrayLike<number>): number {
    const at = this.take(values.length * 4);
    for (const k of [this.p.wasm, this.p.reference]) new Uint32Array(k.memory.buffer, at, values.length).set(values);
    return at;
  }
  take(size: number, skew = 0): number {
    const at = this.at + GUARD + skew;
    this.at = Math.ceil((at + size) / 16) * 16;
    return at;
  }
  /** Compares everything written so far, guards included (a stray write in one backend shows as a difference). */
  same(): void {
    const size = this.at + GUARD - BASE;
    const [a, b] = [bytes(this.p.wasm, size, BASE), bytes(this.p.reference, size, BASE)];
    if (Buffer.compare(a, b) !== 0) expect(a.findIndex((v, i) => v !== b[i])).toBe(-1);
  }
  /** Whether the guard bytes after a buffer survived in the WebAssembly memory. */
  guarded(at: number, size: number): void {
    const around = [...bytes(this.p.wasm, 8, at - 8), ...bytes(this.p.wasm, 8, at + size)];
    expect(around.every((v) => v === FILL)).toBe(true);
  }
}
