/**
 * Block-wise: the same compressor on every block of `size` entries; the last block may be shorter.
 * Class: that of the compressor in dimension `size` (and in that of the last block): omega = max, delta = min.
 * Payload: for every block [varint length | ] payload; the length only where payloads vary, never for the last block.
 * Cost: that of the blocks, and one read of x for finiteness. Scratch: that of two blocks.
 * Throws: RangeError for size outside 1..2^28, for entries that are not finite, and what the compressor of a block throws.
 * Source: blocks (buckets): Alistarh et al., QSGD, arXiv 1610.02132, section 4; Zheng et al., Communication-Efficient
 *   Distributed Blockwise Momentum SGD with Error-Feedback, arXiv 1905.10936.
 */
import type { CompressorFactory } from "../core/contracts.ts";
import { requireInteger } from "./common.ts";
import { concatenation } from "./concatenation.ts";
import { formatSpec } from "./spec.ts";

export interface BlockOptions {
  size: number;
  of?: string;
}

export const block: CompressorFactory<BlockOptions> = {
  name: "block",
  wireId: 36,
  summary: "the same compressor on blocks of the vector, so that its constants are those of the block's size",
  reference: "Alistarh et al., QSGD, arXiv 1610.02132, section 4",
  formulas: "that of a block: max omega, min delta",
  options: { size: "integer", of: "spec" },
  defaults: { size: 4096 },
  examples: (dim) => [
    `block:size=${Math.max(1, Math.ceil(dim / 4))},of=(sign)`,
    `block:size=${Math.max(1, Math.ceil(dim / 4))},of=(random-dithering)`,
  ],
  create(options, env) {
    const { size, of } = options;
    if (of === undefined) throw new RangeError("block: give of, the compressor of a block in parentheses");
    requireInteger("block: size", size, 2 ** 28);
    const count = Math.max(1, Math.ceil(env.dim / size));
    const rest = env.dim - (count - 1) * size;
    const last = env.create(of, rest);
    const full = count === 1 || rest === size || last.stateful ? last : env.create(of, size);
    // one that remembers is one block's
    const own = Array.from({ length: last.stateful ? count - 1 : 0 }, () => env.create(of, size));
    const pieces = {
      count,
      at: (piece: number) => (piece === count - 1 ? last : (own[piece] ?? full)),
      distinct: own.length > 0 ? [...own, last] : full === last ? [last] : [full, last],
    };
    return {
      spec: formatSpec(block, { size, of }),
      ...concatenation("block", env, pieces),
      // errors of different blocks are independent
      weighted: (form) => {
        let most = 0;
        for (let piece = 0; piece < count; ++piece) {
          const compressor = pieces.at(piece);
          const part = form.block(piece * size, compressor.dim);
          const known = compressor.weighted?.(part) ?? Infinity;
          most = Math.max(most, Math.min(known, (compressor.omega ?? Infinity) * part.largest(1, 1)));
        }
        return most;
      },
    };
  },
};
