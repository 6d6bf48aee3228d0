/**
 * Vector operations on handles: check lengths, call kernels. One Ops has one element type; everything a host computes
 * with goes through it. Kernels that only compressors or oracles need are reached through `typed` and `kernels`.
 */
import { Arena, type Bytes, type FloatView, Scratch, type Vec } from "./arena.ts";
import { type Dtype, type Kernels, type TypedKernels, typed } from "./kernels.ts";

export class Ops {
  readonly kernels: Kernels;
  readonly typed: TypedKernels;
  readonly dtype: Dtype;
  readonly arena: Arena;
  readonly scratch: Scratch;

  constructor(kernels: Kernels, dtype: Dtype, arena: Arena = new Arena(kernels)) {
    this.kernels = kernels;
    this.typed = typed(kernels, dtype);
    this.dtype = dtype;
    this.arena = arena;
    this.scratch = new Scratch(arena);
  }

  /** A zeroed vector that lives as long as the host. */
  vec(length: number): Vec {
    return this.arena.vec(length, this.dtype);
  }

  bytes(length: number): Bytes {
    return this.arena.bytes(length);
  }

  /** A vector holding `values`. */
  from(values: ArrayLike<number>): Vec {
    const out = this.vec(values.length);
    out.view.set(values);
    return out;
  }

  /** out = x. */
  copy(x: Vec, out: Vec): void {
    same("copy", x, out);
    this.kernels.move(x.length * (this.dtype === "f32" ? 4 : 8), x.ptr, out.ptr);
  }

  /** x_i = a. */
  fill(a: number, x: Vec): void {
    this.typed.fill(x.length, a, x.ptr);
  }

  /** x = a x. */
  scale(a: number, x: Vec): void {
    this.typed.scale(x.length, a, x.ptr);
  }

  /** y += a x. */
  axpy(a: number, x: Vec, y: Vec): void {
    same("axpy", x, y);
    this.typed.axpy(x.length, a, x.ptr, y.ptr);
  }

  /** out = x - y; out may be x or y. */
  sub(x: Vec, y: Vec, out: Vec): void {
    same("sub", x, y);
    same("sub", x, out);
    this.typed.sub(x.length, x.ptr, y.ptr, out.ptr);
  }

  /** out = a x + b y; out may be x or y. */
  combine(a: number, x: Vec, b: number, y: Vec, out: Vec): void {
    same("combine", x, y);
    same("combine", x, out);
    this.typed.combine(x.length, a, x.ptr, b, y.ptr, out.ptr);
  }

  dot(x: Vec, y: Vec): number {
    same("dot", x, y);
    return this.typed.dot(x.length, x.ptr, y.ptr);
  }

  /** |x|^2, unscaled. */
  squares(x: Vec): number {
    return this.typed.squares(x.length, x.ptr);
  }

  norm2(x: Vec): number {
    return this.typed.norm2(x.length, x.ptr);
  }

  norm1(x: Vec): number {
    return this.typed.norm1(x.length, x.ptr);
  }

  normMax(x: Vec): number {
    return this.typed.normMax(x.length, x.ptr);
  }

  /** |x - y|^2. */
  distance2(x: Vec, y: Vec): number {
    same("distance2", x, y);
    return this.typed.distance2(x.length, x.ptr, y.ptr);
  }

  /** @throws RangeError naming the first entry of x that is NaN or infinite, if there is one. */
  requireFinite(subject: string, x: Vec): void {
    const index = this.typed.firstNonFinite(x.length, x.ptr);
    if (index >= 0) throw nonFinite(subject, index, x.view);
  }
}

/** The error of every encoder for input that is not finite. */
export function nonFinite(subject: string, index: number, view: FloatView): RangeError {
  return new RangeError(`${subject}: entries must be finite, got ${view[index]} at index ${index}`);
}

function same(subject: string, x: Vec, y: Vec): void {
  if (x.length !== y.length || x.dtype !== y.dtype) {
    throw new RangeError(
      `${subject}: vectors must have one length and type, got ${x.dtype}[${x.length}] and ${y.dtype}[${y.length}]`,
    );
  }
}
