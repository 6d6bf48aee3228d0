/**
 * SparseLoCo: of every chunk the k entries of largest magnitude (ties to the lower index), their values in 2 bits: one of
 *   four bins of width 1.5 sigma around the mean of all kept values, each value becoming the mean of its bin.
 * Class: B(min(1, 2/n) k/chunk), n being the number of kept entries (k/chunk: kept/d if d is at most one chunk). The bins
 *   split at the mean m, so that C(x) is a projection that holds n m^2 + n mad^2 of the n (m^2 + sigma^2) kept, mad being the
 *   mean absolute deviation, and n mad^2 >= 2 sigma^2. Far below what happens: 0.99 of the kept energy for Gaussian entries.
 *   Deterministic.
 * Payload: four elements, the bin means, 0 for an empty bin | n bins of 2 bits, ceil(n/4) bytes | n indices within their
 *   chunks, ascending in each, of ceil(lg chunk) bits, ceil(n ceil(lg chunk)/8) bytes. Chunk after chunk; the last may be
 *   shorter and then keeps at most its length. Defaults: 14 bits a kept entry, 0.219 bits an entry.
 * Cost: O(d) selection, four scalar passes over the kept entries. Scratch: 16 n bytes and what the selection asks for.
 * Throws: RangeError for chunk outside 1..65536, k outside 1..chunk, and for entries that are not finite.
 * Source: SparseLoCo (Sarfi et al., arXiv 2508.15706) and the quantizer of the Templar code: top 64 of chunks of 4096, 4 bins
 *   over 6 sigma after centring, codebook of bin means.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Bytes, CompressorFactory, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import {
  projection,
  readElement,
  refuse,
  requireInteger,
  requireLength,
  requirePadding,
  writeElement,
} from "./common.ts";
import { finiteMax, indexBits, squareScale, Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export interface SparseLocoOptions {
  k: number;
  chunk: number;
}

const BINS = 4;
/** Bin width in standard deviations: four bins over six. */
const WIDTH = 1.5;

export const sparseLoco: CompressorFactory<SparseLocoOptions> = {
  name: "sparse-loco",
  wireId: 22,
  summary: "the k largest entries of every chunk, values in 2 bits by a codebook of four bin means",
  reference: "Sarfi et al., SparseLoCo, arXiv 2508.15706",
  formulas: "B(min(1, 2/n) k/chunk), n entries kept; data-dependent in practice",
  options: { k: "integer", chunk: "integer" },
  defaults: { k: 64, chunk: 4096 },
  create(options, { ops, dim }) {
    const { k, chunk } = options;
    requireInteger("sparse-loco: chunk", chunk, 65536);
    requireInteger("sparse-loco: k", k, chunk);
    const { kernels, typed } = ops;
    const size = elementBytes(ops.dtype);
    const whole = Math.floor(dim / chunk);
    const n = whole * k + Math.min(k, dim - whole * chunk);
    const width = indexBits(chunk);
    const binsAt = BINS * size;
    const indicesAt = binsAt + Math.ceil((2 * n) / 8);
    const maxBytes = indicesAt + Math.ceil((n * width) / 8);
    const indices = ops.scratch.take(4 * n).ptr;
    const bins = ops.scratch.take(2 * n).ptr;
    const values = ops.scratch.take(n * size).ptr;
    const longest = Math.min(chunk, dim);
    const most = Math.min(k, longest);
    const selection = ops.scratch.take(most === 0 ? 0 : kernels.topKScratch(longest, most) >>> 0).ptr;
    const views = new Views(ops);
    const sums = new Float64Array(BINS);
    const counts = new Uint32Array(BINS);

    /** Kept entries: indices within their chunks, and values. */
    const select = (x: Vec): void => {
      let at = 0;
      for (let from = 0; from < dim; from += chunk) {
        const length = Math.min(chunk, dim - from);
        const count = Math.min(k, length);
        const found = typed.topK(length, count, x.ptr + from * size, indices + 4 * at, selection);
        if (found < 0) refuse("sparse-loco", from - 1 - found, x);
        typed.gather(count, 1, x.ptr + from * size, indices + 4 * at, values + at * size);
        at += count;
      }
    };

    /** Fills bins, sums and counts from the values times f. */
    const quantize = (f: number): void => {
      const { floats, u16 } = views;
      const first = values / size;
      let mean = 0;
      for (let j = 0; j < n; ++j) mean += floats[first + j]! * f;
      mean /= n;
      let variance = 0;
      for (let j = 0; j < n; ++j) variance += (floats[first + j]! * f - mean) ** 2;
      const step = WIDTH * Math.sqrt(variance / n);
      sums.fill(0);
      counts.fill(0);
      for (let j = 0; j < n; ++j) {
        const value = floats[first + j]! * f;
        const bin = step === 0 ? 2 : Math.max(0, Math.min(3, Math.floor((value - mean) / step) + 2));
        u16[(bins >>> 1) + j] = bin;
        sums[bin]! += value;
        ++counts[bin]!;
      }
    };

    /** Checks everything; afterwards `indices` are those of x and `values` the bin means. */
    const read = (payload: Bytes): void => {
      requireLength("sparse-loco", payload, maxBytes);
      requirePadding("sparse-loco", ops.arena, payload.ptr + binsAt, 2 * n);
      requirePadding("sparse-loco", ops.arena, payload.ptr + indicesAt, n * width);
      kernels.unpack16(n, 2, payload.ptr + binsAt, bins);
      kernels.unpack32(n, width, payload.ptr + indicesAt, indices);
      const { floats, u16, u32 } = views;
      counts.fill(0);
      for (let j = 0; j < n; ++j) ++counts[u16[(bins >>> 1) + j]!]!;
      for (let bin = 0; bin < BINS; ++bin) {
        const value = readElement(ops, payload.ptr + bin * size);
        if (!Number.isFinite(value) || Object.is(value, -0) || (counts[bin] === 0 && value !== 0)) {
          throw new WireError("value", `sparse-loco: no encoder writes ${value} for a bin of ${counts[bin]} entries`);
        }
        sums[bin] = value;
      }
      for (let from = 0, at = indices >>> 2; from < dim; from += chunk) {
        const length = Math.min(chunk, dim - from);
        let before = -1;
        for (const end = at + Math.min(k, length); at < end; ++at) {
          const index = u32[at]!;
          if (index <= before || index >= length) {
            throw new WireError("index", `sparse-loco: indices must ascend below ${length}, got ${index}`);
          }
          before = index;
          u32[at] = from + index;
        }
      }
      for (let j = 0; j < n; ++j) floats[values / size + j] = sums[u16[(bins >>> 1) + j]!]!;
    };

    const share = dim === 0 ? 1 : whole > 0 ? k / chunk : n / dim;
    return {
      spec: formatSpec(sparseLoco, options),
      dim,
      ...projection(share * Math.min(1, 2 / Math.max(1, n))),
      maxBytes,
      fixedBytes: true,
      encode(x, _rng, out) {
        const max = finiteMax("sparse-loco", ops, x);
        select(x);
        const f = squareScale(max);
        quantize(f);
        for (let bin = 0; bin < BINS; ++bin) {
          // a mean is at most the largest magnitude, but its rounding may not be
          const mean = counts[bin] === 0 ? 0 : sums[bin]! / counts[bin]! / f;
          writeElement(ops, out.ptr + bin * size, Math.max(-max, Math.min(max, mean)) + 0);
        }
        kernels.pack16(n, 2, bins, out.ptr + binsAt);
        kernels.pack32(n, width, indices, out.ptr + indicesAt);
        return maxBytes;
      },
      check: read,
      addTo(payload, scale, acc) {
        read(payload);
        typed.scatterAdd(n, scale, values, indices, acc.ptr);
      },
    };
  },
};
