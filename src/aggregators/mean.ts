/**
 * Mean of the decoded vectors, straight from the payloads.
 * Cost: that of `addTo` for each message, and one pass. Memory: d elements, whatever n is.
 * Robustness: none; one worker can move the result anywhere.
 * Source: the aggregate of distributed gradient descent, e.g. Khirirat et al., arXiv 1806.06573, equation 3.
 */
import { type AggregatorFactory, requireRoom, requireSome } from "./contract.ts";

export const mean: AggregatorFactory<Record<never, never>> = {
  name: "mean",
  summary: "the mean of the decoded vectors",
  reference: "Khirirat et al., arXiv 1806.06573, equation 3",
  memory: "O(d)",
  options: {},
  defaults: {},
  create(_options, { ops, dim, workers }) {
    const sum = ops.vec(dim);
    let count = 0;
    return {
      get count() {
        return count;
      },
      begin() {
        count = 0;
        ops.fill(0, sum);
      },
      add(compressor, payload) {
        requireRoom("mean", count, workers);
        compressor.addTo(payload, 1, sum);
        ++count;
      },
      addVector(x) {
        requireRoom("mean", count, workers);
        ops.axpy(1, x, sum);
        ++count;
      },
      result(out) {
        requireSome("mean", count);
        ops.copy(sum, out);
        ops.scale(1 / count, out);
      },
    };
  },
};
