/**
 * Index sets in plain JS, in the library's layout (docs/wire-format.md, "Index sets"): the shortest of list, bitmap and
 * Rice gaps; the same bytes.
 */

const TRIVIAL = 0;
const LIST = 1;
const BITMAP = 2;
const RICE = 32;

/** Packs the low `width` bits (0..31) of `count` numbers at byte `at`; returns the byte after them. */
function packBits(count: number, width: number, values: Uint32Array, out: Uint8Array, at: number): number {
  const mask = 2 ** width - 1;
  let word = 0; // below 8 + 24 bits are held at a time
  let fill = 0;
  for (let i = 0; i < count; ++i) {
    let value = values[i]! & mask;
    let left = width;
    if (left > 16) {
      word |= (value & 0xffff) << fill;
      for (fill += 16; fill >= 8; fill -= 8, word >>>= 8) out[at++] = word;
      value >>>= 16;
      left -= 16;
    }
    word |= value << fill;
    for (fill += left; fill >= 8; fill -= 8, word >>>= 8) out[at++] = word;
  }
  if (fill > 0) out[at++] = word;
  return at;
}

/** Quotients in unary: each gap >>> j zeros, then a one. Returns the byte after them. */
function packUnary(k: number, j: number, gaps: Uint32Array, out: Uint8Array, at: number): number {
  let position = 0;
  let byte = 0;
  let current = 0;
  for (let i = 0; i < k; ++i) {
    position += gaps[i]! >>> j;
    for (const target = position >>> 3; current < target; ++current, byte = 0) out[at + current] = byte;
    byte |= 1 << (position & 7);
    position += 1;
  }
  // the last one may have filled its byte; it is written either way
  out[at + current] = byte;
  return at + ((position + 7) >>> 3);
}

/** Writes the set (ascending) at byte 0 of `out`; `gaps` is scratch for k numbers. Returns its bytes. */
export function encodeIndices(n: number, k: number, set: Uint32Array, gaps: Uint32Array, out: Uint8Array): number {
  if (k === 0 || k === n) {
    out[0] = TRIVIAL;
    return 1;
  }
  let next = 0;
  for (let i = 0; i < k; ++i) {
    gaps[i] = set[i]! - next;
    next = set[i]! + 1;
  }
  const around = 31 - Math.clz32(Math.max(1, Math.floor((next - k) / k)));
  const first = Math.max(0, around - 2);
  let q0 = 0;
  let q1 = 0;
  let q2 = 0;
  let q3 = 0;
  for (let i = 0; i < k; ++i) {
    const gap = gaps[i]! >>> first;
    q0 += gap;
    q1 += gap >>> 1;
    q2 += gap >>> 2;
    q3 += gap >>> 3;
  }
  let j = 0;
  let rice = Number.POSITIVE_INFINITY;
  for (const [i, quotients] of [q0, q1, q2, q3].entries()) {
    if (first + i > around + 1) break;
    const bytes = Math.ceil((k * (first + i)) / 8) + Math.ceil((k + quotients) / 8);
    if (bytes < rice) {
      rice = bytes;
      j = first + i;
    }
  }
  const width = 32 - Math.clz32(n - 1);
  const list = Math.ceil((k * width) / 8);
  const bitmap = Math.ceil(n / 8);
  if (list <= bitmap && list <= rice) {
    out[0] = LIST;
    return packBits(k, width, set, out, 1);
  }
  if (bitmap <= rice) {
    out[0] = BITMAP;
    out.fill(0, 1, 1 + bitmap);
    for (let i = 0; i < k; ++i) out[1 + (set[i]! >>> 3)]! |= 1 << (set[i]! & 7);
    return 1 + bitmap;
  }
  out[0] = RICE + j;
  return packUnary(k, j, gaps, out, packBits(k, j, gaps, out, 1));
}

/** Reads what `encodeIndices` wrote, without checks; returns its bytes. */
export function decodeIndices(n: number, k: number, bytes: Uint8Array, set: Uint32Array): number {
  const kind = bytes[0]!;
  if (kind === TRIVIAL) {
    for (let i = 0; i < k; ++i) set[i] = i;
    return 1;
  }
  if (kind === BITMAP) {
    for (let at = 0, i = 0; i < k; ++at) {
      for (let byte = bytes[1 + at]!; byte !== 0; byte &= byte - 1) set[i++] = 8 * at + 31 - Math.clz32(byte & -byte);
    }
    return 1 + Math.ceil(n / 8);
  }
  if (kind === LIST) return unpackBits(k, 32 - Math.clz32(n - 1), bytes, 1, set);
  const j = kind - RICE;
  const unary = unpackBits(k, j, bytes, 1, set);
  let next = 0;
  let zeros = 0; // position of the one before, plus 1
  let last = 0;
  for (let at = 0, i = 0; i < k; ++at) {
    for (let byte = bytes[unary + at]!; byte !== 0; byte &= byte - 1) {
      last = 8 * at + 31 - Math.clz32(byte & -byte);
      const index = next + ((last - zeros) << j) + set[i]!;
      set[i++] = index;
      next = index + 1;
      zeros = last + 1;
    }
  }
  return unary + ((last + 8) >>> 3);
}

function unpackBits(count: number, width: number, bytes: Uint8Array, at: number, values: Uint32Array): number {
  let word = 0;
  let fill = 0;
  for (let i = 0; i < count; ++i) {
    let value = 0;
    let got = 0;
    for (let left = width; left > 0; ) {
      const take = Math.min(left, 16);
      for (; fill < take; fill += 8) word |= bytes[at++]! << fill;
      value |= (word & ((1 << take) - 1)) << got;
      word >>>= take;
      fill -= take;
      got += take;
      left -= take;
    }
    values[i] = value;
  }
  return at;
}
