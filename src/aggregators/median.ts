/**
 * Coordinate-wise median of the decoded vectors; of an even number the mean of the two in the middle.
 * Cost: every message is decoded whole, then a sort of n values for each entry: O(nd log n). Memory: O(nd).
 * Robustness: bounded by the others' values while fewer than half of the workers are hostile.
 * Source: Yin et al., Byzantine-Robust Distributed Learning, arXiv 1803.01498, definition 1.
 */
import type { AggregatorFactory } from "./contract.ts";
import { sortedAggregator } from "./rows.ts";

export const median: AggregatorFactory<Record<never, never>> = {
  name: "median",
  summary: "the median of the decoded vectors, entry by entry",
  reference: "Yin et al., arXiv 1803.01498, definition 1",
  memory: "O(nd)",
  options: {},
  defaults: {},
  create: (_options, env) =>
    sortedAggregator("median", env, (sorted, n) => {
      const low = sorted[(n - 1) >>> 1]!;
      const high = sorted[n >>> 1]!;
      return low === high ? low : low / 2 + high / 2; // the sum of the two may overflow
    }),
};
