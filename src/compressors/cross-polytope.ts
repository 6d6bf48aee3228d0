/**
 * Cross-polytope (vqSGD): one of the 2 d vertices +-sqrt(d) |x| e_i, drawn so that the mean is x; or the mean of several.
 *   With u = x/|x| the vertex of entry i with the sign of x_i has probability |u_i|/sqrt(d) + g/(2d), the other one g/(2d),
 *   g = 1 - |u|_1/sqrt(d).
 * Class: U((d - 1)/repeat), with equality for every x: every draw has the length sqrt(d) |x|.
 * Payload: norm (one element) | for each draw index << 1 | minus in 1 + ceil(lg d) bits; E + ceil(repeat (1 + ceil(lg d))/8)
 *   bytes. A norm of 0 comes with zeros.
 * Cost: two scalar passes (norm and running sums in f64), O(lg d) a draw. Scratch: d/32 + 10 repeat bytes.
 * Throws: RangeError for repeat outside 1..2^20, for d of 2^31 and more, for entries that are not finite, for a norm above
 *   the type's largest number.
 * Source: Gandikota, Kane, Maity, Mazumdar, vqSGD, arXiv 1911.07971, section 4 (cross-polytope scheme).
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Bytes, CompressorFactory, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import {
  readScale,
  requireInteger,
  requireLength,
  requirePadding,
  requireZeros,
  unbiased,
  writeElement,
} from "./common.ts";
import { Cumulative, finiteMax, indexBits, representable, squareScale, sumSquares, Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export interface CrossPolytopeOptions {
  repeat: number;
}

export const crossPolytope: CompressorFactory<CrossPolytopeOptions> = {
  name: "cross-polytope",
  wireId: 21,
  summary: "a random vertex of the cross-polytope around the vector, or the mean of several (vqSGD)",
  reference: "Gandikota et al., vqSGD, arXiv 1911.07971, section 4",
  formulas: "U((d - 1)/repeat), with equality",
  options: { repeat: "integer" },
  defaults: { repeat: 1 },
  examples: (dim) => ["cross-polytope", `cross-polytope:repeat=${Math.min(2 ** 20, Math.max(2, Math.ceil(dim / 10)))}`],
  create(options, { ops, dim }) {
    const { repeat } = options;
    requireInteger("cross-polytope: repeat", repeat, 2 ** 20);
    if (dim >= 2 ** 31) throw new RangeError(`cross-polytope: d must be below 2^31, got ${dim}`);
    const { kernels, typed } = ops;
    const head = elementBytes(ops.dtype);
    const width = 1 + indexBits(dim);
    const packedBytes = Math.ceil((repeat * width) / 8);
    const vertices = ops.scratch.take(4 * repeat).ptr;
    const indices = ops.scratch.take(4 * repeat).ptr;
    const codes = ops.scratch.take(2 * repeat).ptr;
    const sums = new Cumulative(ops, dim);
    const views = new Views(ops);

    /** |x| times f, and the draws. */
    const draw = (x: Vec, f: number, rng: { uniform(): number; below(bound: number): number }): number => {
      const norm = Math.sqrt(sumSquares(x.view, f));
      const total = sums.sum(x.view, f);
      const towards = total / (norm * Math.sqrt(dim));
      const u32 = views.u32;
      const view = x.view;
      for (let j = 0; j < repeat; ++j) {
        const u = rng.uniform();
        let vertex: number;
        if (u < towards) {
          const index = sums.find(view, (u / towards) * total);
          vertex = 2 * index + (view[index]! < 0 ? 1 : 0);
        } else vertex = rng.below(2 * dim);
        u32[(vertices >>> 2) + j] = vertex;
      }
      return norm;
    };

    /** Checks everything and returns the norm; the vertices are in `indices` and `codes`. */
    const read = (payload: Bytes): number => {
      requireLength("cross-polytope", payload, head + packedBytes);
      const norm = readScale("cross-polytope", ops, payload.ptr);
      const packed = payload.ptr + head;
      requirePadding("cross-polytope", ops.arena, packed, repeat * width);
      if (norm === 0) {
        requireZeros("cross-polytope", ops.arena, packed, packedBytes);
        return 0;
      }
      kernels.unpack32(repeat, width, packed, vertices);
      const { u16, u32 } = views;
      for (let j = 0; j < repeat; ++j) {
        const vertex = u32[(vertices >>> 2) + j]!;
        if (vertex >>> 1 >= dim) {
          throw new WireError("index", `cross-polytope: index must be below ${dim} (d), got ${vertex >>> 1}`);
        }
        u32[(indices >>> 2) + j] = vertex >>> 1;
        u16[(codes >>> 1) + j] = 2 | (vertex & 1);
      }
      return norm;
    };

    return {
      spec: formatSpec(crossPolytope, options),
      dim,
      ...unbiased(Math.max(0, dim - 1) / repeat),
      maxBytes: head + packedBytes,
      fixedBytes: true,
      encode(x, rng, out) {
        const max = finiteMax("cross-polytope", ops, x);
        let norm = 0;
        if (max === 0) views.u32.fill(0, vertices >>> 2, (vertices >>> 2) + repeat);
        else {
          const f = squareScale(max);
          norm = representable("cross-polytope", ops, draw(x, f, rng) / f);
        }
        writeElement(ops, out.ptr, norm);
        kernels.pack32(repeat, width, vertices, out.ptr + head);
        return head + packedBytes;
      },
      check: (payload) => void read(payload),
      addTo(payload, scale, acc) {
        const norm = read(payload);
        if (norm === 0) return;
        typed.codesScatterAdd(repeat, (scale * norm * Math.sqrt(dim)) / repeat, codes, indices, acc.ptr);
      },
    };
  },
};
