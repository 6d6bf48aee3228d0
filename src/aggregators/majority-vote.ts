/**
 * Majority vote: entry i is +1 if at least half of the workers send a sign of + there, else -1. A tie is +1.
 * Messages: of compressors that send a sign plane (`Compressor.signs`); their scales are not read, and a worker that sends
 *   a scale of 0 votes + everywhere, as its plane says.
 * Cost: bit-sliced counters, 32 entries a word: a message takes about two operations on a word, whatever n is. Memory:
 *   ceil(lg(n + 1)) bits an entry, O(d log n). No vector is decoded.
 * Robustness: fewer than half of the workers cannot outvote the others where those agree.
 * Source: Bernstein et al., signSGD, arXiv 1802.04434, algorithm 3; signSGD with majority vote, arXiv 1810.05291. The tie
 *   rule is ours: sgn(0) = +1, as in `sign`.
 */
import { type AggregatorFactory, requireRoom, requireSome } from "./contract.ts";

export const majorityVote: AggregatorFactory<Record<never, never>> = {
  name: "majority-vote",
  summary: "the sign that most workers send, entry by entry; ties are +1",
  reference: "Bernstein et al., arXiv 1802.04434, algorithm 3; arXiv 1810.05291",
  memory: "O(d log n)",
  options: {},
  defaults: {},
  create(_options, { ops, dim, workers }) {
    const words = (dim + 31) >>> 5;
    const planeBytes = (dim + 7) >>> 3;
    const depth = 32 - Math.clz32(workers);
    // word w of plane b, bit i: bit b of how many minus signs entry 32 w + i has
    const counters = ops.bytes(4 * words * depth);
    const plane = ops.bytes(4 * words + 4);
    let count = 0;
    const loadPlane = (from: number): void => {
      ops.arena.data.setUint32(plane.ptr + 4 * Math.max(0, words - 1), 0, true);
      ops.kernels.move(planeBytes, from, plane.ptr);
    };
    return {
      get count() {
        return count;
      },
      begin() {
        count = 0;
        counters.view.fill(0);
      },
      add(compressor, payload) {
        requireRoom("majority-vote", count, workers);
        if (compressor.signs === undefined) {
          throw new RangeError(`majority-vote: the compressor must send a sign plane, got ${compressor.spec}`);
        }
        compressor.check(payload);
        loadPlane(payload.ptr + compressor.signs);
        const { data } = ops.arena;
        for (let w = 0; w < words; ++w) {
          let carry = data.getUint32(plane.ptr + 4 * w, true);
          for (let at = counters.ptr + 4 * w; carry !== 0; at += 4 * words) {
            const bits = data.getUint32(at, true);
            data.setUint32(at, bits ^ carry, true);
            carry &= bits;
          }
        }
        ++count;
      },
      result(out) {
        requireSome("majority-vote", count);
        const { data } = ops.arena;
        const half = count >>> 1; // minus wins with more than count/2 votes, that is with more than floor(count/2)
        for (let w = 0; w < words; ++w) {
          let more = 0;
          let equal = -1;
          for (let b = depth - 1; b >= 0; --b) {
            const bits = data.getUint32(counters.ptr + 4 * (b * words + w), true);
            const limit = (half >>> b) & 1 ? -1 : 0;
            more |= equal & bits & ~limit;
            equal &= ~(bits ^ limit);
          }
          data.setUint32(plane.ptr + 4 * w, more, true);
        }
        ops.fill(0, out);
        ops.typed.signAdd(dim, 1, plane.ptr, out.ptr);
      },
    };
  },
};
