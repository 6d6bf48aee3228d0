/**
 * Rank-R: the vector as a rows x cols matrix, of which the `rank` largest singular triples are kept.
 * Class: B(rank/min(rows, cols)), with equality iff all singular values are equal; exact from rank = min(rows, cols) on,
 *   to which larger ranks are reduced. Deterministic. Singular values below 2^-52 of the norm count as zero.
 * Payload: for each triple, sigma descending: sigma (one element) | left vector, rows elements | right vector, cols
 *   elements; rank (rows + cols + 1) E bytes. A sigma of 0 comes with vectors of zeros.
 * Cost: Jacobi rotations, O(d min(rows, cols)) a sweep. Gaussian square matrices: 8 sweeps at d = 400, 14 ms (12 sweeps) at
 *   10^4, 0.4 s (14 sweeps) at 9 10^4; it grows as d^1.5, so some 15 s at 10^6. addTo: O(rank d). Scratch: 8 d bytes.
 * Throws: RangeError for rows that do not divide d, for entries that are not finite, for a sigma above the largest number.
 * Source: Eckart and Young, 1936; as a compressor: Safaryan et al., FedNL, arXiv 2106.02969, section 3.2 (Rank-R).
 */
import type { Bytes, CompressorFactory } from "../core/contracts.ts";
import { projection, requireLength } from "./common.ts";
import { liftFor, resolveRank, resolveShape, Singular, spectralExamples, Terms } from "./low-rank.ts";
import { formatSpec } from "./spec.ts";

export interface RankOptions {
  rows?: number;
  rank: number;
}

export const rankR: CompressorFactory<RankOptions> = {
  name: "rank-r",
  wireId: 38,
  summary: "truncated singular value decomposition of the vector as a matrix",
  reference: "Eckart and Young, 1936; Safaryan et al., FedNL, arXiv 2106.02969, section 3.2",
  formulas: "B(rank/min(rows, cols))",
  options: { rows: "integer", rank: "integer" },
  defaults: { rank: 2 },
  examples: (dim) => spectralExamples("rank-r", dim),
  create(options, { ops, dim }) {
    const shape = resolveShape("rank-r", options.rows, dim);
    const rank = resolveRank("rank-r", options.rank, shape);
    const singular = new Singular(ops, shape);
    const terms = new Terms("rank-r", ops, shape, rank, true);
    const maxBytes = terms.bytes(rank);
    const read = (payload: Bytes): void => {
      requireLength("rank-r", payload, maxBytes);
      terms.read(rank, payload.ptr);
    };
    return {
      spec: formatSpec(rankR, { rows: shape.rows, rank }),
      dim,
      ...projection(dim === 0 ? 1 : rank / shape.short),
      maxBytes,
      fixedBytes: true,
      encode(x, _rng, out) {
        ops.requireFinite("rank-r", x);
        const largest = ops.normMax(x);
        if (largest === 0) terms.vec.view.fill(0);
        else {
          const lift = liftFor(largest);
          singular.compute(x, lift);
          const { view } = terms.vec;
          for (let k = 0; k < rank; ++k) {
            const at = k * terms.size;
            const sigma = singular.triple(k, x, lift, terms.vec, at + 1, at + 1 + shape.rows) / lift;
            terms.requireNorm(sigma);
            view[at] = sigma;
            if (view[at] === 0) view.fill(0, at, at + terms.size); // it may underflow
          }
        }
        return terms.write(rank, out.ptr);
      },
      check: read,
      addTo(payload, scale, acc) {
        read(payload);
        terms.addTo(rank, scale, acc);
      },
    };
  },
};
