/**
 * Coordinate-wise trimmed mean: the floor(trim n) largest and as many smallest values of each entry are left out.
 * Cost: every message is decoded whole, then a sort of n values for each entry: O(nd log n). Memory: O(nd). The sum is in
 *   f64 in ascending order, so the result does not depend on the order of the workers.
 * Robustness: bounded by the others' values while at most floor(trim n) workers are hostile.
 * Throws: RangeError for trim outside [0, 1/2).
 * Source: Yin et al., Byzantine-Robust Distributed Learning, arXiv 1803.01498, definition 2.
 */
import type { AggregatorFactory } from "./contract.ts";
import { sortedAggregator } from "./rows.ts";

export interface TrimmedMeanOptions {
  trim: number;
}

export const trimmedMean: AggregatorFactory<TrimmedMeanOptions> = {
  name: "trimmed-mean",
  summary: "the mean of the decoded vectors without the largest and smallest values of each entry",
  reference: "Yin et al., arXiv 1803.01498, definition 2",
  memory: "O(nd)",
  options: { trim: "share left out at either end, in [0, 1/2); default 0.1" },
  defaults: { trim: 0.1 },
  create({ trim }, env) {
    if (!(trim >= 0 && trim < 0.5)) throw new RangeError(`trimmed-mean: trim must be in [0, 1/2), got ${trim}`);
    return sortedAggregator("trimmed-mean", env, (sorted, n) => {
      const cut = Math.floor(trim * n);
      let sum = 0;
      for (let w = cut; w < n - cut; ++w) sum += sorted[w]!;
      return sum / (n - 2 * cut);
    });
  },
};
