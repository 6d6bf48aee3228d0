import type { Dtype } from "../kernels.ts";

export type Floats = Float32Array | Float64Array;

/** One growable buffer with whole-buffer views; views are renewed on growth. */
export class Memory {
  buffer!: ArrayBuffer;
  u8!: Uint8Array;
  u16!: Uint16Array;
  u32!: Uint32Array;
  i32!: Int32Array;
  f32!: Float32Array;
  f64!: Float64Array;
  view!: DataView;

  constructor(bytes: number) {
    this.grow(bytes);
  }

  grow(bytes: number): void {
    if (this.buffer && bytes <= this.buffer.byteLength) return;
    const next = new ArrayBuffer((bytes + 65535) & ~65535);
    if (this.buffer) new Uint8Array(next).set(this.u8);
    this.buffer = next;
    this.u8 = new Uint8Array(next);
    this.u16 = new Uint16Array(next);
    this.u32 = new Uint32Array(next);
    this.i32 = new Int32Array(next);
    this.f32 = new Float32Array(next);
    this.f64 = new Float64Array(next);
    this.view = new DataView(next);
  }

  /** n elements at an element-aligned offset. */
  vec(dtype: Dtype, n: number, offset: number): Floats {
    return dtype === "f32" ? new Float32Array(this.buffer, offset, n) : new Float64Array(this.buffer, offset, n);
  }
}

/** Rounds to the element type. */
export const rounder = (dtype: Dtype): ((x: number) => number) => (dtype === "f32" ? Math.fround : (x) => x);
