/**
 * Majority vote: entry i is +1 if at least half of the workers send a sign of + there, else -1. A tie is +1.
 * Messages: of compressors that send a sign plane (`Compressor.signs`); their scales are not read, and a worker that sends
 *   a scale of 0 votes + everywhere, as its plane says.
 * Cost: bit-sliced counters (sign-counter.ts), about two operations on 32 entries. Memory: ceil(lg(n + 1)) bits an entry. No
 *   vector is decoded, and `plane` gives the vote as it was counted, packed.
 * Robustness: fewer than half of the workers cannot outvote the others where those agree.
 * Source: Bernstein et al., signSGD, arXiv 1802.04434, algorithm 3; signSGD with majority vote, arXiv 1810.05291. The tie
 *   rule is ours: sgn(0) = +1, as in `sign`.
 */
import type { Bytes } from "../core/contracts.ts";
import { type Aggregator, type AggregatorEnv, type AggregatorFactory, requireSome } from "./contract.ts";
import { SignCounter } from "./sign-counter.ts";

export interface MajorityVote extends Aggregator {
  /** Writes the vote as a sign plane, ceil(d/8) bytes, bit set = minus, unused bits zero. */
  plane(out: Bytes): void;
}

export function createMajorityVote(env: AggregatorEnv): MajorityVote {
  const { ops, dim } = env;
  const counter = new SignCounter("majority-vote", env);
  const packed = ops.bytes(counter.planeBytes);
  const plane = (out: Bytes): void => {
    requireSome("majority-vote", counter.count);
    counter.vote(out.ptr);
  };
  return {
    get count() {
      return counter.count;
    },
    begin: () => counter.begin(),
    add: (compressor, payload) => counter.add(compressor, payload),
    plane,
    result(out) {
      plane(packed);
      ops.fill(0, out);
      ops.typed.signAdd(dim, 1, packed.ptr, out.ptr);
    },
  };
}

export const majorityVote: AggregatorFactory<Record<never, never>> = {
  name: "majority-vote",
  summary: "the sign that most workers send, entry by entry; ties are +1",
  reference: "Bernstein et al., arXiv 1802.04434, algorithm 3; arXiv 1810.05291",
  memory: "O(d log n)",
  options: {},
  defaults: {},
  create: (_options, env) => createMajorityVote(env),
};
