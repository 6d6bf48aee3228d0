/**
 * Ternary (TernGrad): entry i is sgn(x_i) max|x| with probability |x_i|/max|x|, else 0. With clip=c entries are first cut off
 *   at +-c times their standard deviation (about their mean), TernGrad's gradient clipping; the paper's c is 2.5.
 * Class: U((sqrt(d) - 1)/2), with equality at x = (1, a, ..., a), a = 1/(1 + sqrt(d)). With clip none: biased, and entries that
 *   are all alike have standard deviation 0, so they are cut off to 0.
 * Payload: form u8 | max|x| (one element) | form 0: five entries a byte in base 3, first entry least significant, digits
 *   0 zero, 1 plus, 2 minus, ceil(d/5) bytes; form 1: varint count | index set of the non-zero entries | their signs,
 *   ceil(count/8) bytes, bit set = minus. The shorter is sent, form 0 on a tie: 1 + E + ceil(d/5) bytes at most.
 * Cost: two passes and the packing; with clip three scalar passes more. Scratch: 8 d bytes; with clip d elements more.
 * Throws: RangeError for entries that are not finite and for clip that is not positive and finite.
 * Source: Wen et al., TernGrad, arXiv 1705.07878, section 3.1; the constant: random dithering with max norm and s = 1.
 */
import { elementBytes, type FloatView, Vec } from "../../bindings/arena.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { Compressor, CompressorEnv, CompressorFactory } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { varintBytes } from "../wire/varint.ts";
import { requireEnd, requirePadding, unbiased } from "./common.ts";
import { type LevelCoder, levelCompressor, SparseSet } from "./levels.ts";
import { ditheringOmega } from "./random-dithering.ts";
import { formatSpec } from "./spec.ts";

const TRITS = 0;
const SPARSE = 1;

export interface TernaryOptions {
  clip?: number;
}

export const ternary: CompressorFactory<TernaryOptions> = {
  name: "ternary",
  wireId: 10,
  summary: "entries randomly rounded to -1, 0 or 1 times the largest magnitude",
  reference: "Wen et al., TernGrad, arXiv 1705.07878, section 3.1",
  formulas: "U((sqrt(d) - 1)/2)",
  options: { clip: "number" },
  defaults: {},
  worst: (dim) => Array.from({ length: dim }, (_, i) => (i === 0 ? 1 : 1 / (1 + Math.sqrt(dim)))),
  create(options, env) {
    const { typed } = env.ops;
    const { clip } = options;
    if (clip !== undefined && !(clip > 0 && clip < Infinity)) {
      throw new RangeError(`ternary: clip must be positive and finite, got ${clip}`);
    }
    const plain = {
      spec: formatSpec(ternary, options),
      ...unbiased(ditheringOmega(env.dim, 1, "max")),
      ...levelCompressor(
        "ternary",
        env,
        "max",
        {
          units: 1,
          draw: (n, c, x, rng, codes) => typed.ditherCodes(n, c, 1, x, rng, codes),
          add: (n, a, codes, acc) => typed.codesAdd(n, a, codes, acc),
          addSparse: (k, a, codes, indices, acc) => typed.codesScatterAdd(k, a, codes, indices, acc),
        },
        new TritCoder(env.ops, env.dim),
      ),
    };
    return clip === undefined ? plain : clipped(plain, clip, env);
  },
};

/** C(x cut off at +-c sigma), with all that is proven of C taken away. */
function clipped({ omega: _, ...plain }: Compressor, c: number, { ops, dim }: CompressorEnv): Compressor {
  const cut = new Vec(ops.arena, ops.scratch.take(dim * elementBytes(ops.dtype)).ptr, dim, ops.dtype);
  return {
    ...plain,
    constants: {},
    encode(x, rng, out) {
      ops.requireFinite("ternary", x);
      const from = x.view;
      const to = cut.view;
      const most = c * deviation(from, ops.normMax(x));
      for (let i = 0; i < dim; ++i) to[i] = Math.max(-most, Math.min(most, from[i]!));
      return plain.encode(cut, rng, out);
    },
  };
}

/** The standard deviation of the entries about their mean, summed relative to the largest so that nothing overflows. */
function deviation(x: FloatView, largest: number): number {
  if (largest === 0) return 0;
  let sum = 0;
  for (let i = 0; i < x.length; ++i) sum += x[i]! / largest;
  const mean = sum / x.length;
  let squares = 0;
  for (let i = 0; i < x.length; ++i) {
    const off = x[i]! / largest - mean;
    squares += off * off;
  }
  return largest * Math.sqrt(squares / x.length);
}

class TritCoder implements LevelCoder {
  readonly maxBytes: number;
  readonly fixed = false;
  readonly levels = 1;
  readonly codes: number;
  count = 0;
  sparse = false;
  readonly #ops: Ops;
  readonly #dim: number;
  readonly #kept: number;
  readonly #set: SparseSet;

  constructor(ops: Ops, dim: number) {
    this.#ops = ops;
    this.#dim = dim;
    this.maxBytes = Math.ceil(dim / 5);
    this.codes = ops.scratch.take(2 * dim).ptr;
    this.#kept = ops.scratch.take(2 * dim).ptr;
    this.#set = new SparseSet("ternary", ops, dim);
  }

  get indices(): number {
    return this.#set.indices;
  }

  write(nonZero: number, form: number, data: number): number {
    const { kernels, arena } = this.#ops;
    const signBytes = (nonZero + 7) >>> 3;
    if (signBytes + 2 < this.maxBytes) {
      kernels.codesCompact(this.#dim, this.codes, this.#set.indices, this.#kept);
      if (this.#set.measure(nonZero) + signBytes < this.maxBytes) {
        const view = arena.data;
        view.setUint8(form, SPARSE);
        const head = this.#set.write(nonZero, data);
        for (let at = this.#kept, end = at + 2 * nonZero; at < end; at += 2) {
          view.setUint16(at, view.getUint16(at, true) & 1, true);
        }
        return head + kernels.pack16(nonZero, 1, this.#kept, data + head);
      }
    }
    arena.data.setUint8(form, TRITS);
    kernels.tritsPack(this.#dim, this.codes, data);
    return this.maxBytes;
  }

  read(form: number, data: number, length: number): void {
    const { kernels, arena } = this.#ops;
    const view = arena.data;
    const chosen = view.getUint8(form);
    if (chosen > SPARSE) throw new WireError("kind", `ternary: the form must be 0 or 1, got ${chosen}`);
    this.sparse = chosen === SPARSE;
    this.count = this.#dim;
    if (chosen === TRITS) {
      requireEnd("ternary", length, this.maxBytes);
      if (!kernels.tritsUnpack(this.#dim, data, this.codes)) {
        throw new WireError("level", "ternary: a byte above 242 or digits after the last entry");
      }
      return;
    }
    const end = data + length;
    this.count = this.#set.readCount(data, end);
    const signs = this.#set.readIndices(this.count, data + varintBytes(this.count), end);
    requireEnd("ternary", length, signs - data + ((this.count + 7) >>> 3));
    requirePadding("ternary", arena, signs, this.count);
    kernels.unpack16(this.count, 1, signs, this.codes);
    for (let at = this.codes, last = at + 2 * this.count; at < last; at += 2) {
      view.setUint16(at, view.getUint16(at, true) | 2, true);
    }
  }
}
