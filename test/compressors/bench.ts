/** A compressor on a bench: one backend, memory with guard zones around everything that it may write. */
import { Bytes, elementBytes, Vec } from "../../bindings/arena.ts";
import type { Dtype } from "../../bindings/kernels.ts";
import { type Backend, loadKernels } from "../../bindings/load.ts";
import { Ops } from "../../bindings/ops.ts";
import { compressors } from "../../src/compressors/index.ts";
import { createFromSpec } from "../../src/compressors/spec.ts";
import type { Compressor } from "../../src/core/contracts.ts";
import { WireError } from "../../src/core/errors.ts";
import { Rng } from "../../src/core/rng.ts";
import { testMatrix } from "../../src/verify/inputs.ts";

const GUARD = 64;
const PATTERN = 0xa5;
const hosts = new Map<string, Ops>();

function host(backend: Backend, dtype: Dtype): Ops {
  const key = `${backend} ${dtype}`;
  let ops = hosts.get(key);
  if (ops === undefined) {
    ops = new Ops(loadKernels(backend), dtype);
    hosts.set(key, ops);
  }
  return ops;
}

const matrices = new Map<number, Float64Array>();

/** The matrix that `thinwire verify` uses, once for each d. */
export function smoothness(dim: number): Float64Array {
  const matrix = matrices.get(dim) ?? testMatrix(dim);
  matrices.set(dim, matrix);
  return matrix;
}

export function create(ops: Ops, spec: string, dim: number, matrix = smoothness(dim)): Compressor {
  ops.scratch.begin();
  return createFromSpec(compressors, spec, { ops, dim, worker: 0, workers: 1, smoothness: () => matrix });
}

export type Floats = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

export class Bench {
  readonly ops: Ops;
  readonly dtype: Dtype;
  readonly compressor: Compressor;
  readonly x: Vec;
  readonly acc: Vec;
  readonly rng: Rng;
  readonly #out: Bytes;
  readonly #inbox: Bytes;
  readonly #payload: Bytes;
  readonly #zones: Bytes[] = [];

  constructor(backend: Backend, dtype: Dtype, dim: number, spec: string, wrap = (c: Compressor): Compressor => c) {
    const ops = host(backend, dtype);
    this.ops = ops;
    this.dtype = dtype;
    this.compressor = wrap(create(ops, spec, dim));
    this.rng = new Rng(ops, 1n, 0);
    const bytes = dim * elementBytes(dtype);
    this.x = new Vec(ops.arena, this.#guarded(bytes), dim, dtype);
    this.acc = new Vec(ops.arena, this.#guarded(bytes), dim, dtype);
    const room = this.compressor.maxBytes;
    this.#out = new Bytes(ops.arena, this.#guarded(room), room);
    this.#inbox = ops.bytes(room + 64);
    this.#payload = new Bytes(ops.arena, this.#inbox.ptr, 0);
  }

  /** Address of a range between two zones that must keep their pattern. */
  #guarded(bytes: number): number {
    const range = this.ops.bytes(bytes + 2 * GUARD);
    const before = new Bytes(this.ops.arena, range.ptr, GUARD);
    const after = new Bytes(this.ops.arena, range.ptr + GUARD + bytes, GUARD);
    for (const zone of [before, after]) {
      zone.view.fill(PATTERN);
      this.#zones.push(zone);
    }
    return range.ptr + GUARD;
  }

  #checkGuards(when: string): void {
    const u8 = this.ops.arena.u8;
    for (const zone of this.#zones) {
      for (let i = 0; i < GUARD; ++i) {
        if (u8[zone.ptr + i] !== PATTERN) throw new Error(`${when} wrote outside its ranges`);
      }
    }
  }

  /** The payload of C(x) for the seed's stream. */
  encode(values: ArrayLike<number>, seed: number): Uint8Array<ArrayBuffer> {
    this.x.view.set(values);
    const before = this.x.view.slice();
    this.rng.at(seed, 0);
    const length = this.compressor.encode(this.x, this.rng, this.#out);
    this.#checkGuards("encode");
    if (!sameBits(before, this.x.view)) throw new Error("encode modified x");
    return this.#out.view.slice(0, length);
  }

  /** acc + scale C(x), from a payload that begins `shift` bytes after a 16-byte boundary. */
  decode(payload: Uint8Array, scale = 1, start?: ArrayLike<number>, shift = 0): Floats {
    const at = this.#put(payload, shift);
    if (start === undefined) this.acc.view.fill(0);
    else this.acc.view.set(start);
    try {
      this.compressor.addTo(at, scale, this.acc);
    } finally {
      this.#checkGuards("addTo");
    }
    return this.acc.view.slice();
  }

  check(payload: Uint8Array): void {
    this.compressor.check(this.#put(payload, 0));
  }

  #put(payload: Uint8Array, shift: number): Bytes {
    this.#payload.at(this.#inbox.ptr + shift, payload.length).view.set(payload);
    // what follows a payload is not zero, or reading past the end could pass for padding
    this.ops.arena.u8.fill(PATTERN, this.#inbox.ptr + shift + payload.length, this.#inbox.ptr + this.#inbox.length);
    return this.#payload;
  }

  /** One encode and one addTo(1) onto zeros without copies, for sampling. Leaves C(x) in acc; x is set by the caller. */
  sample(seed: number): void {
    this.rng.at(seed, 0);
    const length = this.compressor.encode(this.x, this.rng, this.#out);
    this.ops.fill(0, this.acc);
    this.compressor.addTo(this.#payload.at(this.#out.ptr, length), 1, this.acc);
  }

  /** The code of the WireError that check and addTo agree on, or what addTo makes of acc. */
  verdict(payload: Uint8Array, start: ArrayLike<number>): string | Floats {
    const code = wireCode(() => this.check(payload));
    const added = wireCode(() => void this.decode(payload, 1, start));
    if (code !== added) throw new Error(`check says ${code}, addTo says ${added}`);
    if (code === undefined) return this.acc.view.slice();
    this.acc.view.set(start);
    const kept = this.acc.view.slice();
    wireCode(() => void this.decode(payload, 1, start));
    if (!sameBits(kept, this.acc.view)) throw new Error("addTo changed acc before it refused the payload");
    return code;
  }
}

function wireCode(run: () => void): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return undefined;
}

export function sameBits(a: Floats | Uint8Array, b: Floats | Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

/** Equal numbers; zeros of either sign are equal, and so are NaNs. */
export function sameValues(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; ++i) if (!Object.is(a[i]! + 0, b[i]! + 0)) return false;
  return a.length === b.length;
}

/** Values as the element type holds them. */
export function rounded(dtype: Dtype, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(dtype === "f32" ? Float32Array.from(values) : values);
}
