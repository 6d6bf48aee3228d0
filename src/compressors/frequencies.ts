/**
 * Frequency tables of the entropy stage: chosen from counts, written as bits, read back. Not a compressor. All arithmetic
 * is of whole numbers, products and quotients, so that every engine makes the same table (docs/wire-format.md, "entropy").
 */
import type { Ops } from "../../bindings/ops.ts";
import { WireError } from "../core/errors.ts";
import { Views } from "./sparse.ts";

/** Frequencies sum to this. */
export const TOTAL = 4096;
/** Symbols in a table. */
const MOST = 256;
/** The longest table: 255 gaps of up to 31 bits and as many frequencies of up to 27. */
export const TABLE_BYTES = 2048;
/** Dropping a bit of every symbol (the sign of levels) is tried where tables are longer than this many symbols. */
const FEW = 100;
/** Widest symbols are 16 bits; 8 of them may be taken off to leave 256. */
const MAX_SHIFT = 8;

/** 12 - lg f in bits for f = 1..4096: what a symbol costs. The fraction bit by bit, by squaring. */
let costs: Float64Array | undefined;
function costTable(): Float64Array {
  if (costs) return costs;
  costs = new Float64Array(TOTAL + 1);
  for (let f = 1; f <= TOTAL; ++f) {
    let lg = 31 - Math.clz32(f);
    let rest = f / 2 ** lg;
    for (let bit = 0.5; bit > 2 ** -30; bit /= 2) {
      rest *= rest;
      if (rest < 2) continue;
      rest /= 2;
      lg += bit;
    }
    costs[f] = 12 - lg;
  }
  return costs;
}

/** One table at a time, in scratch: `count` symbols, ascending, shifted right by `shift`, and their frequencies. */
export class Frequencies {
  /** u16 each. */
  readonly names: number;
  readonly frequencies: number;
  count = 0;
  /** Low bits of every symbol that are sent as they are. */
  shift = 0;
  /** What the symbols cost under the table, low bits apart. */
  bits = 0;
  readonly #subject: string;
  readonly #alphabet: number;
  /** Bits of a symbol. */
  readonly #width: number;
  readonly #views: Views;
  readonly #bits: Bits;
  /** Of the candidates: weights in f64, since they are multiplied by 8192. */
  readonly #weights = new Float64Array(MOST);

  constructor(subject: string, ops: Ops, alphabet: number) {
    this.#subject = subject;
    this.#alphabet = alphabet;
    this.#width = 32 - Math.clz32(alphabet - 1);
    this.names = ops.scratch.take(2 * MOST).ptr;
    this.frequencies = ops.scratch.take(2 * MOST).ptr;
    this.#views = new Views(ops);
    this.#bits = new Bits(ops);
    costTable();
  }

  /** The table for n >= 1 symbols of which `counts` (u32) says how often each comes; the shift of the shortest message. */
  fit(n: number, counts: number): void {
    let shift = 0;
    while (!this.#collect(counts, shift)) ++shift;
    this.#normalise(n);
    if (this.count <= FEW || shift === MAX_SHIFT) {
      this.shift = shift;
      return;
    }
    const price = this.bits + this.#measure() + n * shift;
    this.#collect(counts, shift + 1);
    this.#normalise(n);
    if (this.bits + this.#measure() + n * (shift + 1) < price) {
      this.shift = shift + 1;
      return;
    }
    this.#collect(counts, shift);
    this.#normalise(n);
    this.shift = shift;
  }

  /** Names and weights of the symbols that come, their low bits dropped; false if there are too many. */
  #collect(counts: number, shift: number): boolean {
    const u32 = this.#views.u32;
    const names = this.#views.u16;
    const from = counts / 4;
    const step = 2 ** shift;
    let count = 0;
    for (let symbol = 0; symbol < this.#alphabet; symbol += step) {
      let weight = 0;
      for (let s = symbol; s < symbol + step && s < this.#alphabet; ++s) weight += u32[from + s]!;
      if (weight === 0) continue;
      if (count === MOST) return false;
      names[this.names / 2 + count] = symbol >> shift;
      this.#weights[count++] = weight;
    }
    this.count = count;
    return true;
  }

  /** Rounded shares, at least 1; then ones go to or from where that costs least. */
  #normalise(n: number): void {
    const out = this.#views.u16;
    const at = this.frequencies / 2;
    const weights = this.#weights;
    const count = this.count;
    let sum = 0;
    for (let j = 0; j < count; ++j) {
      const f = Math.max(1, Math.round((weights[j]! * TOTAL) / n));
      out[at + j] = f;
      sum += f;
    }
    for (; sum !== TOTAL; sum += sum < TOTAL ? 1 : -1) {
      // the cost of a symbol changes by about weight / (f +- 1/2): cross-multiplied, which is exact
      const more = sum < TOTAL;
      let best = -1;
      let top = 0;
      let bottom = 1;
      for (let j = 0; j < count; ++j) {
        const f = out[at + j]!;
        if (!more && f === 1) continue;
        const low = more ? 2 * f + 1 : 2 * f - 1;
        const gain = weights[j]! * bottom - top * low;
        if (best >= 0 && (more ? gain <= 0 : gain >= 0)) continue;
        best = j;
        top = weights[j]!;
        bottom = low;
      }
      out[at + best]! += more ? 1 : -1;
    }
    let bits = 0;
    for (let j = 0; j < count; ++j) bits += weights[j]! * costs![out[at + j]!]!;
    this.bits = bits;
  }

  /**
   * What frequency j differs from the one `back` places before, folded to 0, 1, 2, ...: from the neighbour, or, where signs
   * alternate, from the neighbour of the same sign.
   */
  #folded(j: number, back: number): number {
    const u16 = this.#views.u16;
    const at = this.frequencies / 2 + j;
    const off = u16[at]! - (j === 0 ? 0 : u16[at - Math.min(back, j)]!);
    return off < 0 ? -2 * off - 1 : 2 * off;
  }

  /** Those with the shortest frequencies. */
  #order = 0;
  #back = 1;

  /** Bits of the table; sets order and back. */
  #measure(): number {
    const last = this.count - 1;
    let best = Infinity;
    for (let back = 1; back <= 2; ++back) {
      for (let order = 0; order < 12; ++order) {
        let bits = 0;
        for (let j = 0; j < last; ++j) bits += order + gammaBits((this.#folded(j, back) >> order) + 1);
        if (bits >= best) continue;
        best = bits;
        this.#order = order;
        this.#back = back;
      }
    }
    const names = this.#views.u16;
    const at = this.names / 2;
    best += 17 + this.#width * Math.min(2, this.count);
    for (let j = 2; j <= last; ++j) best += gammaBits(names[at + j]! - names[at + j - 1]!);
    return best;
  }

  /** Bytes of the table. */
  measure(): number {
    return Math.ceil(this.#measure() / 8);
  }

  /** Writes the table that was measured last; returns its bytes. */
  write(to: number): number {
    const bits = this.#bits.begin(to, TABLE_BYTES);
    const u16 = this.#views.u16;
    const at = this.names / 2;
    const last = this.count - 1;
    const order = this.#order;
    bits.put(this.shift, 4);
    bits.put(order, 4);
    bits.put(this.#back - 1, 1);
    bits.put(last, 8);
    for (let j = 0; j < Math.min(2, this.count); ++j) bits.put(u16[at + j]!, this.#width);
    for (let j = 2; j <= last; ++j) bits.putGamma(u16[at + j]! - u16[at + j - 1]!);
    for (let j = 0; j < last; ++j) {
      const folded = this.#folded(j, this.#back);
      bits.putGamma((folded >> order) + 1);
      bits.put(folded & (2 ** order - 1), order);
    }
    return bits.finish();
  }

  /** Reads a table; returns its bytes. @throws WireError */
  read(from: number, available: number): number {
    const bits = this.#bits.begin(from, available);
    const u16 = this.#views.u16;
    const names = this.names / 2;
    const frequencies = this.frequencies / 2;
    this.shift = bits.take(4);
    const order = bits.take(4);
    const back = 1 + bits.take(1);
    const last = bits.take(8);
    if (this.shift > MAX_SHIFT || order > 11) throw this.#bad("a shift of at most 8 and an order of at most 11");
    let symbol = -1;
    for (let j = 0; j <= last; ++j) {
      const next = j < 2 ? bits.take(this.#width) : symbol + bits.takeGamma();
      if (next <= symbol) throw this.#bad("symbols that ascend");
      symbol = next;
      if (symbol * 2 ** this.shift >= this.#alphabet) throw this.#bad(`symbols below ${this.#alphabet}`);
      u16[names + j] = symbol;
    }
    let sum = 0;
    for (let j = 0; j < last; ++j) {
      const folded = (bits.takeGamma() - 1) * 2 ** order + bits.take(order);
      const off = folded % 2 ? -(folded + 1) / 2 : folded / 2;
      const f = off + (j === 0 ? 0 : u16[frequencies + j - Math.min(back, j)]!);
      sum += f;
      if (f < 1 || sum >= TOTAL) throw this.#bad(`frequencies that sum to ${TOTAL}`);
      u16[frequencies + j] = f;
    }
    u16[frequencies + last] = TOTAL - sum;
    this.count = last + 1;
    const used = bits.end();
    if (used < 0) throw this.#bad("a whole table");
    return used;
  }

  #bad(wanted: string): WireError {
    return new WireError("level", `${this.#subject}: the table must have ${wanted}`);
  }
}

const gammaBits = (v: number): number => 2 * (31 - Math.clz32(v)) + 1;

/** Bits of a stream, least significant first. Past the end of what is available all bits are zero. */
class Bits {
  readonly #ops: Ops;
  #from = 0;
  #end = 0;
  #position = 0;

  constructor(ops: Ops) {
    this.#ops = ops;
  }

  begin(from: number, available: number): this {
    this.#from = from;
    this.#end = available * 8;
    this.#position = 0;
    return this;
  }

  put(value: number, width: number): void {
    const u8 = this.#ops.arena.u8;
    for (let i = 0; i < width; ++i, ++this.#position) {
      const at = this.#from + (this.#position >> 3);
      const shift = this.#position & 7;
      if (shift === 0) u8[at] = 0;
      u8[at]! |= ((value >> i) & 1) << shift;
    }
  }

  putGamma(v: number): void {
    const exponent = 31 - Math.clz32(v);
    this.put(0, exponent);
    this.put(1, 1);
    this.put(v, exponent);
  }

  take(width: number): number {
    const u8 = this.#ops.arena.u8;
    let value = 0;
    for (let i = 0; i < width; ++i, ++this.#position) {
      if (this.#position < this.#end) {
        value |= ((u8[this.#from + (this.#position >> 3)]! >> (this.#position & 7)) & 1) << i;
      }
    }
    return value;
  }

  /** A gamma code of at most 17 zeros, which is more than any table needs. */
  takeGamma(): number {
    let exponent = 0;
    while (exponent < 17 && this.take(1) === 0) ++exponent;
    return 2 ** exponent + this.take(exponent);
  }

  finish(): number {
    return (this.#position + 7) >> 3;
  }

  /** Bytes read, or -1 if there were too few or the last one's other bits are not zero. */
  end(): number {
    const used = this.finish();
    if (this.#position > this.#end) return -1;
    return this.take((8 - (this.#position & 7)) & 7) === 0 ? used : -1;
  }
}
