/**
 * What the dithering family shares: drawing signed levels against a norm, and coding them. Not a compressor.
 * Payload: form u8 | norm, one element | levels as the form says (docs/wire-format.md, "Payloads").
 */
import { elementBytes, type Vec } from "../../bindings/arena.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { Compressor, CompressorEnv } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Cursor, varintBytes, writeVarint } from "../wire/varint.ts";
import {
  BLOCK,
  type NormKind,
  readScale,
  requireEnd,
  requireHead,
  requirePadding,
  sentNorm,
  writeElement,
} from "./common.ts";

export type Coding = "auto" | "fixed" | "elias";

/** Forms of the level stream. */
const FIXED = 0;
const DENSE = 1;
const SPARSE = 2;

/** Writes and reads the levels of `codes` (u16, level << 1 | sign). */
export interface LevelCoder {
  /** Longest data. */
  readonly maxBytes: number;
  /** Set iff the data always has `maxBytes` bytes. */
  readonly fixed: boolean;
  /** Highest level. */
  readonly levels: number;
  /** u16 codes: of all d entries, or after `read` of a sparse form of the `count` entries at `indices`. */
  readonly codes: number;
  readonly indices: number;
  readonly count: number;
  readonly sparse: boolean;
  /** Writes the form to one address and the data to another; returns the data's bytes. */
  write(nonZero: number, form: number, data: number): number;
  /** Fills codes, indices, count and sparse. @throws WireError */
  read(form: number, data: number, length: number): void;
}

/** Index sets of sparse forms: varint count | index set. */
export class SparseSet {
  readonly indices: number;
  readonly #subject: string;
  readonly #ops: Ops;
  readonly #dim: number;
  readonly #packed: number;
  readonly #cursor = new Cursor();
  #bytes = 0;

  constructor(subject: string, ops: Ops, dim: number) {
    this.#subject = subject;
    this.#ops = ops;
    this.#dim = dim;
    this.indices = ops.scratch.take(4 * dim).ptr;
    this.#packed = ops.scratch.take(16 + (dim >>> 3)).ptr; // an index set is at most 1 byte longer than a bitmap
  }

  /** Encodes the first `count` indices aside and returns the bytes that `write` will write. */
  measure(count: number): number {
    this.#bytes = this.#ops.kernels.indicesEncode(this.#dim, count, this.indices, this.#packed);
    return varintBytes(count) + this.#bytes;
  }

  write(count: number, to: number): number {
    const from = writeVarint(this.#ops.arena.u8, to, count);
    this.#ops.kernels.move(this.#bytes, this.#packed, from);
    return from + this.#bytes - to;
  }

  /** Reads the count; `readIndices` must follow. @throws WireError */
  readCount(from: number, end: number): number {
    const count = this.#cursor.over(this.#ops.arena.u8, from, end).varint(this.#subject);
    if (count <= this.#dim) return count;
    throw new WireError("index", `${this.#subject}: at most ${this.#dim} entries, got ${count}`);
  }

  /** Reads the index set and returns where it ends. @throws WireError */
  readIndices(count: number, from: number, end: number): number {
    const used = this.#ops.kernels.indicesDecode(this.#dim, count, from, end - from, this.indices);
    if (used >= 0) return from + used;
    throw new WireError("index", `${this.#subject}: payload holds no ${count} ascending indices below ${this.#dim}`);
  }
}

/** Fixed width, dense Elias gamma, or indices and Elias gamma of the non-zero levels: the shortest that `coding` allows. */
export class GammaCoder implements LevelCoder {
  readonly maxBytes: number;
  readonly fixed: boolean;
  readonly codes: number;
  count = 0;
  sparse = false;
  readonly #subject: string;
  readonly #ops: Ops;
  readonly #dim: number;
  readonly levels: number;
  readonly #coding: Coding;
  readonly #width: number;
  readonly #fixedBytes: number;
  readonly #kept: number;
  readonly #set: SparseSet;

  constructor(subject: string, ops: Ops, dim: number, levels: number, coding: Coding) {
    this.#subject = subject;
    this.#ops = ops;
    this.#dim = dim;
    this.levels = levels;
    this.#coding = coding;
    this.#width = 32 - Math.clz32(2 * levels + 1); // = ceil(lg(2 levels + 1)), the codes being 0..2 levels + 1
    this.#fixedBytes = Math.ceil((dim * this.#width) / 8);
    this.fixed = coding === "fixed";
    // a gamma code and its sign have at most 2 floor(lg(levels + 1)) + 2 bits
    const longest = 2 * (31 - Math.clz32(levels + 1)) + 2;
    this.maxBytes = coding === "elias" ? Math.ceil((dim * longest) / 8) : this.#fixedBytes;
    this.codes = ops.scratch.take(2 * dim).ptr;
    const sparseDim = this.fixed ? 0 : dim;
    this.#kept = ops.scratch.take(2 * sparseDim).ptr;
    this.#set = new SparseSet(subject, ops, sparseDim);
  }

  get indices(): number {
    return this.#set.indices;
  }

  write(nonZero: number, form: number, data: number): number {
    const { kernels, arena } = this.#ops;
    const chosen = this.fixed ? FIXED : this.#choose(nonZero);
    arena.data.setUint8(form, chosen);
    if (chosen === FIXED) return kernels.pack16(this.#dim, this.#width, this.codes, data);
    if (chosen === DENSE) return kernels.gammaEncode(this.#dim, 1, this.codes, data);
    const head = this.#set.write(nonZero, data);
    return head + kernels.gammaEncode(nonZero, 0, this.#kept, data + head);
  }

  /** Ties go to the lower form. */
  #choose(nonZero: number): number {
    const { kernels } = this.#ops;
    const fixed = this.#coding === "auto" ? this.#fixedBytes : Infinity;
    // few levels: form 2 is tried first, since the size of form 1 costs a pass, and form 1 spends at least 1 bit on a zero
    // and 4 on another level
    if (nonZero < this.#dim / 16) {
      const sparse = this.#sparseBytes(nonZero);
      if (8 * sparse < this.#dim + 3 * nonZero && sparse < fixed) return SPARSE;
    }
    const denseBits = kernels.gammaBits(this.#dim, 1, this.codes);
    const dense = Math.ceil(denseBits / 8);
    const chosen = fixed <= dense ? FIXED : DENSE;
    const best = Math.min(fixed, dense);
    // Passes that cannot pay are left out. Form 2 spends at least 2 bits on a level, and at most 2 fewer than form 1; its
    // index set has a bit or more an entry unless all entries are in it; count and kind take two bytes.
    const set = nonZero < this.#dim ? nonZero : 0;
    if (Math.max(2 * nonZero, denseBits - this.#dim - nonZero) + set + 16 > best * 8) return chosen;
    return this.#sparseBytes(nonZero) < best ? SPARSE : chosen;
  }

  /** Lists the levels that are not zero, packs their indices aside, and returns the bytes of form 2. */
  #sparseBytes(nonZero: number): number {
    const { kernels } = this.#ops;
    kernels.codesCompact(this.#dim, this.codes, this.#set.indices, this.#kept);
    return Math.ceil(kernels.gammaBits(nonZero, 0, this.#kept) / 8) + this.#set.measure(nonZero);
  }

  read(form: number, data: number, length: number): void {
    const { kernels, arena } = this.#ops;
    const subject = this.#subject;
    const chosen = arena.data.getUint8(form);
    const allowed = this.#coding === "fixed" ? chosen === FIXED : this.#coding === "auto" || chosen !== FIXED;
    if (chosen > SPARSE || !allowed) throw new WireError("kind", `${subject}: unknown form ${chosen}`);
    this.sparse = chosen === SPARSE;
    this.count = this.#dim;
    if (chosen === FIXED) {
      requireEnd(subject, length, this.#fixedBytes);
      requirePadding(subject, arena, data, this.#dim * this.#width);
      kernels.unpack16(this.#dim, this.#width, data, this.codes);
      // where 2 levels + 2 is a power of two (s = 7), every code of this width is a level
      const open = 2 * this.levels + 2 < 2 ** this.#width;
      if (open && kernels.codesMaxLevel(this.#dim, this.codes) > this.levels) throw this.#badLevel();
      return;
    }
    const end = data + length;
    let from = data;
    if (chosen === SPARSE) {
      this.count = this.#set.readCount(data, end);
      from = this.#set.readIndices(this.count, data + varintBytes(this.count), end);
    }
    const bias = chosen === DENSE ? 1 : 0;
    const used = kernels.gammaDecode(this.count, bias, this.levels, from, end - from, this.codes);
    if (used < 0) throw this.#badLevel();
    requireEnd(subject, length, from + used - data);
  }

  #badLevel(): WireError {
    return new WireError("level", `${this.#subject}: payload holds no ${this.count} levels up to ${this.levels}`);
  }
}

/** The kernels of one way to place levels. */
export interface LevelFamily {
  /** Level units in one norm: the factor on |x_i| is `units / norm`. */
  readonly units: number;
  draw(n: number, c: number, x: number, rng: number, codes: number): number;
  /** acc_i += C(x)_i times `scale / norm`, where `a` = scale * norm. */
  add(n: number, a: number, codes: number, acc: number): void;
  addSparse(k: number, a: number, codes: number, indices: number, acc: number): void;
}

/** A compressor that sends a norm and signed levels. */
export function levelCompressor(
  subject: string,
  { ops, dim }: CompressorEnv,
  normKind: NormKind,
  family: LevelFamily,
  coder: LevelCoder,
): Pick<Compressor, "dim" | "maxBytes" | "fixedBytes" | "encode" | "check" | "addTo" | "symbols"> {
  const { kernels, typed, arena } = ops;
  const size = elementBytes(ops.dtype);
  const head = 1 + size;
  const block = ops.scratch.take(BLOCK * size).ptr;
  // units / norm must not overflow: below `tiny`, x and norm are first multiplied by a power of two, which is exact
  const tiny = ops.dtype === "f32" ? 2 ** -90 : 2 ** -970;
  const lift = ops.dtype === "f32" ? 2 ** 60 : 2 ** 200;
  const drawLifted = (norm: number, x: number, rng: number): number => {
    let nonZero = 0;
    for (let from = 0; from < dim; from += BLOCK) {
      const count = Math.min(BLOCK, dim - from); // whole v128; draws go on from piece to piece
      kernels.move(count * size, x + from * size, block);
      typed.scale(count, lift, block);
      nonZero += family.draw(count, family.units / (norm * lift), block, rng, coder.codes + 2 * from);
    }
    return nonZero;
  };
  /** Draws the levels, writes the norm and returns how many levels are not zero. */
  const draw = (x: Vec, rng: number, to: number): number => {
    const norm = sentNorm(subject, ops, normKind, x);
    writeElement(ops, to, norm);
    if (norm < tiny && norm > 0) return drawLifted(norm, x.ptr, rng);
    if (norm > 0) return family.draw(dim, family.units / norm, x.ptr, rng, coder.codes);
    arena.u8.fill(0, coder.codes, coder.codes + 2 * dim);
    return 0;
  };
  /** The norm read last: a number that is returned may cost an object. */
  const norm = new Float64Array(1);
  /** Reads the norm of `count` levels in the coder's memory. */
  const readNorm = (from: number, count: number): void => {
    norm[0] = readScale(subject, ops, from);
    if (norm[0] === 0 && kernels.codesMaxLevel(count, coder.codes) > 0) {
      throw new WireError("value", `${subject}: the norm is 0, so every level must be 0`);
    }
  };
  /** Checks everything; the levels are in the coder. */
  const read: Compressor["check"] = (payload) => {
    requireHead(subject, payload, head);
    coder.read(payload.ptr, payload.ptr + head, payload.length - head);
    readNorm(payload.ptr + 1, coder.count);
  };
  let drawn = 0;
  return {
    dim,
    maxBytes: head + coder.maxBytes,
    ...(coder.fixed ? { fixedBytes: true as const } : {}),
    encode(x, rng, out) {
      const nonZero = draw(x, rng.ptr, out.ptr + 1);
      return head + coder.write(nonZero, out.ptr, out.ptr + head);
    },
    check: read,
    addTo(payload, scale, acc) {
      read(payload);
      if (norm[0] === 0) return;
      if (coder.sparse) family.addSparse(coder.count, scale * norm[0]!, coder.codes, coder.indices, acc.ptr);
      else family.add(dim, scale * norm[0]!, coder.codes, acc.ptr);
    },
    symbols: {
      ptr: coder.codes,
      count: dim,
      alphabet: 2 * coder.levels + 2,
      headBytes: size,
      encode(x, rng, to) {
        drawn = draw(x, rng.ptr, to.ptr);
      },
      pack(from, out) {
        kernels.move(size, from.ptr, out.ptr + 1);
        return head + coder.write(drawn, out.ptr, out.ptr + head);
      },
      check: (from) => readNorm(from.ptr, dim),
      addTo(from, scale, acc) {
        norm[0] = readScale(subject, ops, from.ptr);
        if (norm[0] > 0) family.add(dim, scale * norm[0], coder.codes, acc.ptr);
      },
    },
  };
}
