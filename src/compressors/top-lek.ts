/**
 * TopLEK: the j or j + 1 entries of largest magnitude, never more than k, j and the coin's bias such that the mean error is
 *   (1 - k/d) |x|^2 exactly. Ties go to the lower index.
 * Class: B(k/d), with equality for every x; B1(k/d, 1), B2(k/d, 1), B3(d/k). With T = (k/d)|x|^2 and S_j the sum of the j
 *   largest squares: j is the least with S_(j+1) >= T, and entry j + 1 is kept with probability (T - S_j)/(S_(j+1) - S_j).
 * Payload: varint count | index set (count of d) | count elements, in the order of the indices. The zero vector has none.
 * Cost: O(d) selection and sum of squares, O(k lg k) sorting. Scratch: 12 k bytes and what the selection asks for.
 * Throws: RangeError for k outside 1..d and for entries that are not finite.
 * Source: Burlachenko and Richtarik, arXiv 2410.08760; its public code adds a slack to both sides of the bracket for j,
 *   which loses the equality: here the probability is clamped to [0, 1] and nothing else is done against rounding.
 */
import type { CompressorFactory, Vec } from "../core/contracts.ts";
import { resolveK } from "./common.ts";
import { finiteMax, masking, SparseValues, squareScale, sumSquares, Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";
import type { TopKOptions } from "./top-k.ts";

export const topLek: CompressorFactory<TopKOptions> = {
  name: "top-lek",
  wireId: 15,
  summary: "at most k entries of largest magnitude, as few as give a mean error of (1 - k/d) |x|^2",
  reference: "Burlachenko and Richtarik, arXiv 2410.08760",
  formulas: "B(k/d), with equality",
  options: { k: "integer", ratio: "number" },
  defaults: {},
  create(options, { ops, dim }) {
    const k = resolveK("top-lek", options, dim);
    const values = new SparseValues("top-lek", ops, dim, k);
    const selection = ops.scratch.take(k === 0 ? 0 : ops.kernels.topKScratch(dim, k) >>> 0);
    const magnitudes = ops.scratch.vec(k, "f64");
    const views = new Views(ops);
    const indices = values.set.indices;

    /** Moves the `keep` largest of the k selected entries to the front; the magnitudes are sorted. */
    const filter = (x: Vec, keep: number, f: number): void => {
      const sorted = magnitudes.view;
      const entries = x.view;
      const u32 = views.u32;
      const least = sorted[k - keep]!;
      let ties = keep;
      for (let j = k - keep; j < k; ++j) if (sorted[j]! > least) --ties;
      for (let from = indices >>> 2, to = from, end = from + k; from < end; ++from) {
        const size = Math.abs(entries[u32[from]!]!) * f;
        if (size > least || (size === least && --ties >= 0)) u32[to++] = u32[from]!;
      }
    };

    /** Number of entries to keep. */
    const draw = (x: Vec, f: number, u: number): number => {
      const target = (k / dim) * sumSquares(x.view, f);
      const sorted = magnitudes.view;
      let covered = 0;
      for (let j = 0; ; ++j) {
        const square = sorted[k - 1 - j]! ** 2;
        if (covered + square < target && j < k - 1) covered += square;
        else return u * square < target - covered || square === 0 ? j + 1 : j;
      }
    };

    return {
      spec: formatSpec(topLek, { k }),
      dim,
      ...masking(dim === 0 ? 1 : k / dim),
      maxBytes: values.maxBytes,
      encode(x, rng, out) {
        const max = finiteMax("top-lek", ops, x);
        const u = rng.uniform();
        if (max === 0) return values.write(0, x, out);
        ops.typed.topK(dim, k, x.ptr, indices, selection.ptr);
        if (k === dim) return values.write(k, x, out); // rounding must not drop small entries
        const f = squareScale(max);
        const sorted = magnitudes.view;
        for (let j = 0, u32 = views.u32, entries = x.view; j < k; ++j) {
          sorted[j] = Math.abs(entries[u32[(indices >>> 2) + j]!]!) * f;
        }
        sorted.sort();
        const keep = draw(x, f, u);
        if (keep > 0 && keep < k) filter(x, keep, f);
        return values.write(keep, x, out);
      },
      check: (payload) => void values.read(payload),
      addTo: (payload, scale, acc) => values.addTo(payload, scale, acc),
    };
  },
};
