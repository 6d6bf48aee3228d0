/**
 * Spherical compression, block by block: sqrt(1 - a) |x| v with v the first of a shared list of random unit vectors for which
 *   <v, x> >= sqrt(1 - a) |x|. A block for which the list has none is sent as it is.
 * Class: B(1 - a), whatever the list: the error of a block is (2 - a)|x|^2 - 2 sqrt(1 - a) |x| <v, x> <= a |x|^2. B1(1 - a, 1)
 *   and B2(1 - a, 1), since |C(x)|^2 <= <C(x), x>. Deterministic, the list being drawn once from a fixed stream.
 * Payload, for B = ceil(d/block) blocks: B norms (elements) | B numbers of ceil(lg(trials + 1)) bits: the vector's, or
 *   `trials` for a block sent as it is, whose norm field is 0 | the elements of those blocks.
 * Cost: block/p multiplications a block, 1/p = 60 for a = 0.5, block = 8, exponential in block: 5 for a = 0.9 and block = 8,
 *   16 for a = 0.9 and block = 24. (1 - p)^trials of all blocks are sent as they are: choose trials near 8/p. Memory beside
 *   scratch: 2 trials block elements.
 * Throws: RangeError for a outside (0, 1), block outside 1..256, trials outside 1..65535, lists of more than 2^20 entries, for
 *   entries that are not finite, for a norm above the type's largest number.
 * Source: Albasyoni, Safaryan, Condat, Richtarik, arXiv 2010.03246 (spherical compression; there without blocks).
 */
import { elementBytes } from "../../bindings/arena.ts";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { Bytes, CompressorFactory, Ops, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import {
  FiniteCheck,
  projection,
  readScale,
  requireEnd,
  requireHead,
  requireInteger,
  requirePadding,
  writeElement,
} from "./common.ts";
import { finiteMax, indexBits, representable, squareScale, Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export interface SphericalOptions {
  a: number;
  block: number;
  trials: number;
}

export const spherical: CompressorFactory<SphericalOptions> = {
  name: "spherical",
  wireId: 20,
  summary: "blocks by the number of the first of shared random unit vectors that is near enough",
  reference: "Albasyoni, Safaryan, Condat and Richtarik, arXiv 2010.03246",
  formulas: "B(1 - a)",
  options: { a: "number", block: "integer", trials: "integer" },
  defaults: { a: 0.5, block: 8, trials: 511 },
  examples: () => ["spherical", "spherical:a=0.9,block=24,trials=127"],
  create(options, { ops, dim }) {
    const { a, block, trials } = options;
    if (!(a > 0 && a < 1)) throw new RangeError(`spherical: a must be in (0, 1), got ${a}`);
    requireInteger("spherical: block", block, 256);
    requireInteger("spherical: trials", trials, 65535);
    requireInteger("spherical: trials times block", trials * block, 2 ** 20);
    const { kernels, typed } = ops;
    const size = elementBytes(ops.dtype);
    const near = Math.sqrt(1 - a);
    const blocks = Math.ceil(dim / block);
    const width = indexBits(trials + 1);
    const head = blocks * size + Math.ceil((blocks * width) / 8);
    const lengthOf = (b: number): number => Math.min(block, dim - b * block);
    const tail = dim % block;
    const whole = dim < block ? 0 : unitVectors(ops, block, block, trials);
    const short = tail === 0 ? 0 : unitVectors(ops, block, tail, trials);
    const numbers = ops.scratch.take(2 * blocks).ptr;
    const norms = ops.scratch.vec(blocks, "f64");
    const single = ops.dtype === "f32";
    const finite = new FiniteCheck(ops);
    const views = new Views(ops);

    /** Norms and numbers of all blocks, of f x. One loop, norms by way of memory: numbers passed to calls may be boxed. */
    const search = (x: Vec, f: number): void => {
      const { floats, u16 } = views;
      const norm = norms.view;
      for (let b = 0, from = x.ptr / size; b < blocks; ++b, from += block) {
        const length = lengthOf(b);
        let squares = 0;
        for (let i = from; i < from + length; ++i) squares += (floats[i]! * f) ** 2;
        const root = Math.sqrt(squares);
        const least = near * root;
        let number = 0;
        let v = (length === block ? whole : short) / size;
        for (; squares > 0 && number < trials; ++number) {
          let inner = 0;
          for (let i = from; i < from + length; ++i) inner += floats[v++]! * (floats[i]! * f);
          if (inner >= least) break;
        }
        norm[b] = number === trials ? 0 : root / f;
        u16[(numbers >>> 1) + b] = number;
      }
    };

    /** Checks everything; the numbers are in `numbers`. Returns where the elements begin. */
    const read = (payload: Bytes): number => {
      requireHead("spherical", payload, head);
      const packed = payload.ptr + blocks * size;
      kernels.unpack16(blocks, width, packed, numbers);
      requirePadding("spherical", ops.arena, packed, blocks * width);
      const u16 = views.u16;
      let elements = 0;
      for (let b = 0; b < blocks; ++b) {
        const number = u16[(numbers >>> 1) + b]!;
        if (number > trials)
          throw new WireError("level", `spherical: numbers must be at most ${trials}, got ${number}`);
        const at = payload.ptr + b * size;
        norms.view[b] = single ? ops.arena.data.getFloat32(at, true) : ops.arena.data.getFloat64(at, true);
        const norm = norms.view[b]!;
        if (!(norm > 0 && norm < Infinity)) readScale("spherical", ops, at);
        if (number === trials ? norm !== 0 : norm === 0 && number !== 0) {
          throw new WireError("value", `spherical: no encoder writes the number ${number} with the norm ${norm}`);
        }
        if (number === trials) elements += lengthOf(b);
      }
      requireEnd("spherical", payload.length, head + elements * size);
      finite.require("spherical", elements, payload.ptr + head);
      return payload.ptr + head;
    };

    return {
      spec: formatSpec(spherical, options),
      dim,
      ...projection(1 - a),
      maxBytes: head + dim * size,
      encode(x, _rng, out) {
        const max = finiteMax("spherical", ops, x);
        const f = squareScale(max);
        search(x, f);
        const u16 = views.u16;
        let end = out.ptr + head;
        for (let b = 0; b < blocks; ++b) {
          writeElement(ops, out.ptr + b * size, representable("spherical", ops, norms.view[b]!));
          if (u16[(numbers >>> 1) + b] !== trials) continue;
          const bytes = lengthOf(b) * size;
          kernels.move(bytes, x.ptr + b * block * size, end);
          end += bytes;
        }
        kernels.pack16(blocks, width, numbers, out.ptr + blocks * size);
        return end - out.ptr;
      },
      check: (payload) => void read(payload),
      addTo(payload, scale, acc) {
        let elements = read(payload);
        const { floats, u16 } = views;
        for (let b = 0; b < blocks; ++b) {
          const number = u16[(numbers >>> 1) + b]!;
          const length = lengthOf(b);
          const to = acc.ptr + b * block * size;
          if (number === trials) {
            typed.axpyPacked(length, scale, elements, to);
            elements += length * size;
            continue;
          }
          const norm = norms.view[b]!;
          // as axpy would: calls with a number of their own for every block would box it
          const factor = single ? Math.fround(scale * norm * near) : scale * norm * near;
          let v = (length === block ? whole : short) / size + number * length;
          for (let i = to / size, end = i + length; norm > 0 && i < end; ++i) {
            const product = factor * floats[v++]!;
            floats[i]! += single ? Math.fround(product) : product;
          }
        }
      },
    };
  },
};

/** `count` vectors of the stream (seed 20, node `block`): normal entries, of which the first `length` are scaled to norm 1. */
function unitVectors(ops: Ops, block: number, length: number, count: number): number {
  const { kernels, typed } = ops;
  const size = elementBytes(ops.dtype);
  const list = ops.vec(count * length);
  const state = ops.scratch.take(RNG_BYTES).ptr;
  kernels.rngSeed(state, 20, 0, block, 0, 0, 0);
  const view = list.view;
  for (let t = 0; t < count; ++t) {
    let squares = 0;
    for (let i = 0; i < block; ++i) {
      const normal = kernels.rngNormal(state);
      if (i >= length) continue;
      view[t * length + i] = normal;
      squares += view[t * length + i]! ** 2;
    }
    typed.scale(length, 1 / Math.sqrt(squares), list.ptr + t * length * size);
  }
  return list.ptr;
}
