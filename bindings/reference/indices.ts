// Twin of assembly/core/indices.ts; the layout is in docs/wire-format.md, "Index sets".
import { BitReader, BitWriter } from "./bits.ts";
import type { Memory } from "./memory.ts";

const TRIVIAL = 0;
const LIST = 1;
const BITMAP = 2;
const RICE = 32;

const bytesFor = (bits: number): number => Math.ceil(bits / 8);
const indexWidth = (n: number): number => 32 - Math.clz32(n - 1);
const meanExponent = (gaps: number, k: number): number => 31 - Math.clz32(Math.max(1, Math.floor(gaps / k)));
const riceBytes = (k: number, j: number, quotients: number): number => bytesFor(k * j) + bytesFor(k + quotients);

function gapsOf(set: Uint32Array): number[] {
  return Array.from(set, (index, i) => index - (i > 0 ? set[i - 1]! + 1 : 0));
}

function indicesMaxBytes(n: number, k: number): number {
  if (k === 0 || k === n) return 1;
  const j = meanExponent(n - k, k);
  return 1 + Math.min(bytesFor(k * indexWidth(n)), bytesFor(n), riceBytes(k, j, Math.floor((n - k) / 2 ** j)) + 1);
}

/** The cheapest Rice parameter near the mean gap, the smallest of equals. */
function riceParameter(gaps: number[]): { j: number; bytes: number } {
  const k = gaps.length;
  const around = meanExponent(
    gaps.reduce((a, b) => a + b, 0),
    k,
  );
  let best = { j: 0, bytes: Number.POSITIVE_INFINITY };
  for (let j = Math.max(0, around - 2); j <= Math.min(31, around + 1); ++j) {
    const bytes = riceBytes(
      k,
      j,
      gaps.reduce((sum, gap) => sum + (gap >>> j), 0),
    );
    if (bytes < best.bytes) best = { j, bytes };
  }
  return best;
}

function encode(memory: Memory, n: number, set: Uint32Array, packed: number): number {
  const k = set.length;
  if (k === 0 || k === n) {
    memory.u8[packed] = TRIVIAL;
    return 1;
  }
  const gaps = gapsOf(set);
  const { j, bytes: rice } = riceParameter(gaps);
  const list = bytesFor(k * indexWidth(n));
  const bitmap = bytesFor(n);
  const body = new BitWriter(memory.u8, packed + 1);
  if (list <= bitmap && list <= rice) {
    memory.u8[packed] = LIST;
    for (const index of set) body.put(index, indexWidth(n));
    return 1 + body.finish();
  }
  if (bitmap <= rice) {
    memory.u8[packed] = BITMAP;
    for (const gap of gaps) {
      body.zeros(gap);
      body.put(1, 1);
    }
    body.zeros(n - 1 - set[k - 1]!);
    return 1 + body.finish();
  }
  memory.u8[packed] = RICE + j;
  for (const gap of gaps) body.put(gap % 2 ** j, j);
  const lows = body.finish();
  const unary = new BitWriter(memory.u8, packed + 1 + lows);
  for (const gap of gaps) {
    unary.zeros(gap >>> j);
    unary.put(1, 1);
  }
  return 1 + lows + unary.finish();
}

function decodeBody(kind: number, n: number, k: number, reader: BitReader, out: Uint32Array): boolean {
  if (kind === LIST) {
    for (let i = 0; i < k; ++i) {
      out[i] = reader.take(indexWidth(n));
      if (reader.overrun || out[i]! >= n || (i > 0 && out[i]! <= out[i - 1]!)) return false;
    }
    return true;
  }
  if (kind === BITMAP) {
    let count = 0;
    for (let i = 0; i < n; ++i) {
      const bit = reader.bit();
      if (reader.overrun) return false;
      if (bit === 0) continue;
      if (count === k) return false;
      out[count++] = i;
    }
    return count === k;
  }
  const j = kind - RICE;
  if (j < 0 || j > 31) return false;
  for (let i = 0; i < k && !reader.overrun; ++i) out[i] = reader.take(j);
  if (!reader.padding()) return false;
  let next = 0;
  for (let i = 0; i < k; ++i) {
    let quotient = 0;
    while (reader.bit() === 0) {
      quotient += 1;
      if (reader.overrun || quotient * 2 ** j >= n) return false;
    }
    const index = next + quotient * 2 ** j + out[i]!;
    if (index >= n) return false;
    out[i] = index;
    next = index + 1;
  }
  return true;
}

function decode(memory: Memory, n: number, packed: number, available: number, out: Uint32Array): number {
  const k = out.length;
  if (available === 0) return -1;
  const kind = memory.u8[packed]!;
  if (k === 0 || k === n) {
    if (kind !== TRIVIAL) return -1;
    for (let i = 0; i < k; ++i) out[i] = i;
    return 1;
  }
  const reader = new BitReader(memory.u8, packed + 1, available - 1);
  return decodeBody(kind, n, k, reader, out) && reader.padding() ? 1 + reader.consumed : -1;
}

export function indicesKernels(memory: Memory) {
  const set = (k: number, at: number): Uint32Array => memory.u32.subarray(at >>> 2, (at >>> 2) + k);
  return {
    indicesMaxBytes,
    indicesEncode: (n: number, k: number, indices: number, packed: number) =>
      encode(memory, n, set(k, indices), packed),
    indicesDecode: (n: number, k: number, packed: number, available: number, indices: number) =>
      decode(memory, n, packed, available, set(k, indices)),
  };
}
