/**
 * Norm clipping: the mean of the decoded vectors, those longer than a threshold shortened to it. By default the threshold is
 *   the median of the norms of the round (of an even number the lower of the two in the middle).
 * Cost: every message is decoded whole, then three passes over each. Memory: O(nd).
 * Robustness: a worker moves the result by at most threshold/n. With the median that is at most the longest honest vector
 *   over n while fewer than half of the workers are hostile; directions are not judged, so hostile ones still pull.
 * Throws: RangeError for a threshold that is not positive and finite.
 * Source: Sun, Kairouz, Suresh and McMahan, Can You Really Backdoor Federated Learning?, arXiv 1911.07963, section 4 (norm
 *   thresholding); the median as threshold is ours.
 */
import type { AggregatorFactory } from "./contract.ts";
import { rowsAggregator, sort } from "./rows.ts";

export interface NormClippingOptions {
  threshold?: number;
}

export const normClipping: AggregatorFactory<NormClippingOptions> = {
  name: "norm-clipping",
  summary: "the mean of the decoded vectors, long ones shortened to a threshold or to the median of the norms",
  reference: "Sun et al., arXiv 1911.07963, section 4",
  memory: "O(nd)",
  options: { threshold: "longest norm that counts in full, > 0; default the median of the round's norms" },
  defaults: {},
  create({ threshold }, env) {
    if (threshold !== undefined && !(threshold > 0 && threshold < Infinity)) {
      throw new RangeError(`norm-clipping: threshold must be positive and finite, got ${threshold}`);
    }
    const { ops, workers } = env;
    const norms = new Float64Array(workers);
    const sorted = new Float64Array(workers);
    return rowsAggregator("norm-clipping", env, (rows, count, out) => {
      for (let w = 0; w < count; ++w) sorted[w] = norms[w] = ops.norm2(rows[w]!);
      sort(sorted, count);
      const most = threshold ?? sorted[(count - 1) >>> 1]!;
      ops.fill(0, out);
      for (let w = 0; w < count; ++w) ops.axpy(norms[w]! > most ? most / norms[w]! / count : 1 / count, rows[w]!, out);
    });
  },
};
