/**
 * Entropy stage: the levels or exponents of another compressor by static rANS, at nearly their empirical entropy.
 * Class: that of the compressor: C(x) is the same, to the last bit.
 * Payload: form u8; 0: payload of the compressor. 1 (one state), 2 (four): head | table | low bits of the symbols | states u32 |
 *   words u16. The table gives at most 256 symbols a frequency of 1..4096 in 4096; where there are more, or where it pays,
 *   the low bits of every symbol are sent as they are. At most 1 byte longer than the compressor's longest payload.
 * Cost: a count and one step a symbol, both ways, also where most symbols are zero; about 10 us for the table. Measured:
 *   docs/benchmarks.md. Scratch: 8 bytes an entry, 32 a symbol of the alphabet, 24 kB.
 * Throws: RangeError for a compressor without symbols; what the compressor throws.
 * Source: Duda, Asymmetric numeral systems, arXiv 1311.2540; entropy coding of dithering: Alistarh et al., QSGD, arXiv
 *   1610.02132, section 3.2; of exponents: Horvath et al., arXiv 1905.10988, section 2.
 */
import { Bytes } from "../../bindings/arena.ts";
import type { CompressorFactory, Ops, Symbols } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { requireEnd, requireHead, requirePadding } from "./common.ts";
import { Frequencies, TABLE_BYTES } from "./frequencies.ts";
import { formatSpec } from "./spec.ts";

export interface EntropyOptions {
  of?: string;
}

const PACKED = 0;
const ONE = 1;
const FOUR = 2;
/** Symbols of fewer bits than this go through one state, since four cost 12 bytes more. */
const SHORT = 2 ** 14;
/** Where the coded message is shorter than this, the compressor's own payload may be shorter still, and is tried. */
const TRY_PACKED = 1024;

export const entropy: CompressorFactory<EntropyOptions> = {
  name: "entropy",
  wireId: 42,
  summary: "levels or exponents of another compressor, entropy coded (rANS)",
  reference: "Duda, Asymmetric numeral systems, arXiv 1311.2540",
  formulas: "that of the compressor",
  options: { of: "spec" },
  defaults: {},
  examples: () => ["entropy:of=(random-dithering)", "entropy:of=(natural)", "entropy:of=(natural-dithering)"],
  create(options, env) {
    if (options.of === undefined) throw new RangeError("entropy: give of, the compressor in parentheses");
    const { ops } = env;
    const inner = env.create(options.of);
    const { symbols } = inner;
    if (!symbols) {
      throw new RangeError(`entropy: of must send levels or exponents (dithering, natural), got ${inner.spec}`);
    }
    const coder = new RansCoder(ops, symbols);
    const head = ops.scratch.take(symbols.headBytes);
    const part = new Bytes(ops.arena, 0, 0);
    const { omega, delta } = inner;
    /** Whether head and symbols are in memory now, checked; else `part` is a payload of the compressor. */
    const read = (payload: Bytes): boolean => {
      requireHead("entropy", payload, 1);
      const form = ops.arena.data.getUint8(payload.ptr);
      const rest = payload.length - 1;
      if (form === PACKED) {
        part.at(payload.ptr + 1, rest);
        return false;
      }
      if (form > FOUR || symbols.count === 0) throw new WireError("kind", `entropy: unknown form ${form}`);
      requireHead("entropy", payload, 1 + head.length);
      if (rest > inner.maxBytes) requireEnd("entropy", rest, inner.maxBytes);
      ops.kernels.move(head.length, payload.ptr + 1, head.ptr);
      coder.read(form === ONE ? 1 : 4, payload.ptr + 1 + head.length, rest - head.length);
      symbols.check(head);
      return true;
    };
    return {
      spec: formatSpec(entropy, { of: inner.spec }),
      dim: inner.dim,
      ...(omega !== undefined && { omega }),
      ...(delta !== undefined && { delta }),
      constants: inner.constants,
      maxBytes: 1 + inner.maxBytes,
      encode(x, rng, out) {
        symbols.encode(x, rng, head);
        const { u8 } = ops.arena;
        const room = inner.maxBytes - head.length;
        const coded = coder.write(room);
        if (coded > room || coded < TRY_PACKED) {
          const packed = symbols.pack(head, part.at(out.ptr + 1, inner.maxBytes));
          if (packed <= coded + head.length) {
            u8[out.ptr] = PACKED;
            return 1 + packed;
          }
        }
        u8[out.ptr] = coder.lanes === 1 ? ONE : FOUR;
        ops.kernels.move(head.length, head.ptr, out.ptr + 1);
        coder.place(out.ptr + 1 + head.length);
        return 1 + head.length + coded;
      },
      check(payload) {
        if (!read(payload)) inner.check(part);
      },
      addTo(payload, scale, acc) {
        if (read(payload)) symbols.addTo(head, scale, acc);
        else inner.addTo(part, scale, acc);
      },
    };
  },
};

/** Symbols in memory to bytes and back. */
class RansCoder {
  lanes: 1 | 4 = 1;
  readonly #ops: Ops;
  readonly #symbols: Symbols;
  readonly #table: Frequencies;
  readonly #counts: number;
  readonly #entries: number;
  readonly #slots: number;
  readonly #low: number;
  readonly #high: number;
  readonly #tableBytes: number;
  /** The words end here. */
  readonly #end: number;
  #tableLength = 0;
  #wordsLength = 0;

  constructor(ops: Ops, symbols: Symbols) {
    this.#ops = ops;
    this.#symbols = symbols;
    const { scratch } = ops;
    const { count, alphabet } = symbols;
    this.#table = new Frequencies("entropy", ops, alphabet);
    this.#counts = scratch.take(16 * alphabet).ptr;
    this.#entries = scratch.take(16 * alphabet).ptr;
    this.#slots = scratch.take(16384).ptr;
    this.#low = scratch.take(2 * count).ptr;
    this.#high = scratch.take(2 * count).ptr;
    this.#tableBytes = scratch.take(TABLE_BYTES).ptr;
    const room = (2 * count + 32) & ~1;
    this.#end = scratch.take(room).ptr + room;
  }

  /** Encodes aside and returns the bytes that `place` will write; Infinity if they are more than `room`. */
  write(room: number): number {
    const { kernels } = this.#ops;
    const { ptr, count, alphabet } = this.#symbols;
    const table = this.#table;
    if (count === 0) return Infinity;
    kernels.symbolCounts(count, alphabet, ptr, this.#counts);
    table.fit(count, this.#counts);
    this.lanes = table.bits < SHORT ? 1 : 4;
    const aside = table.measure() + Math.ceil((count * table.shift) / 8);
    if (aside + 4 * this.lanes + table.bits / 8 > room + 8) return Infinity;
    this.#tableLength = table.write(this.#tableBytes);
    let source = ptr;
    if (table.shift > 0) {
      kernels.symbolsSplit(count, table.shift, ptr, this.#low, this.#high);
      source = this.#high;
    }
    kernels.ransEntries(table.count, table.names, table.frequencies, this.#entries);
    this.#wordsLength = this.#end - kernels.ransEncode(count, this.lanes, source, this.#entries, this.#end);
    const bytes = aside + this.#wordsLength;
    return bytes > room ? Infinity : bytes;
  }

  place(to: number): void {
    const { kernels } = this.#ops;
    const { shift } = this.#table;
    kernels.move(this.#tableLength, this.#tableBytes, to);
    let at = to + this.#tableLength;
    if (shift > 0) at += kernels.pack16(this.#symbols.count, shift, this.#low, at);
    kernels.move(this.#wordsLength, this.#end - this.#wordsLength, at);
  }

  /** Fills the symbols. @throws WireError */
  read(lanes: 1 | 4, from: number, length: number): void {
    const { kernels, arena } = this.#ops;
    const { ptr, count, alphabet } = this.#symbols;
    const table = this.#table;
    let used = table.read(from, length);
    const { shift } = table;
    if (shift > 0) {
      const bytes = Math.ceil((count * shift) / 8);
      if (bytes > length - used) requireEnd("entropy", length, used + bytes);
      requirePadding("entropy", arena, from + used, count * shift);
      kernels.unpack16(count, shift, from + used, this.#low);
      used += bytes;
    }
    kernels.ransSlots(table.count, table.frequencies, this.#slots);
    const words = kernels.ransDecode(count, lanes, this.#slots, table.names, from + used, length - used, ptr);
    if (words < 0) throw new WireError("level", "entropy: the states do not end where they began");
    requireEnd("entropy", length, used + words);
    if (shift === 0) return;
    kernels.symbolsJoin(count, shift, this.#low, ptr, ptr);
    if (kernels.codesMaxLevel(count, ptr) >= alphabet / 2) {
      throw new WireError("level", `entropy: symbols must be below ${alphabet}`);
    }
  }
}
