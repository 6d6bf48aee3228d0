/**
 * Induced compressor: a contractive C repaired by an unbiased Q: C(x) + Q(x - C(x)).
 * Class: U(omega (1 - delta)), with Q in U(omega) and C in B(delta).
 * Payload: varint length of C's payload, left out if that never varies | payload of C(x) | payload of Q(x - C(x)).
 * Cost: both, and one copy of x. Scratch: d elements, theirs and a copy of the generator's state.
 * Throws: RangeError for options without the constants above, for entries that are not finite.
 * Source: Horvath and Richtarik, A Better Alternative to Error Feedback, arXiv 2006.11077, theorem 3.
 */
import type { CompressorFactory } from "../core/contracts.ts";
import { unbiased } from "./common.ts";
import { formatSpec } from "./spec.ts";
import { twoStep } from "./two-step.ts";

export interface InducedOptions {
  biased?: string;
  unbiased?: string;
}

export const induced: CompressorFactory<InducedOptions> = {
  name: "induced",
  wireId: 13,
  summary: "C(x) + Q(x - C(x)): a contractive compressor made unbiased",
  reference: "Horvath and Richtarik, A Better Alternative to Error Feedback, arXiv 2006.11077, theorem 3",
  formulas: "U(omega (1 - delta))",
  options: { biased: "spec", unbiased: "spec" },
  defaults: {},
  examples: () => ["induced:biased=(top-k:ratio=0.1),unbiased=(rand-k:ratio=0.1)"],
  create(options, env) {
    if (options.biased === undefined || options.unbiased === undefined) {
      throw new RangeError(`induced: give biased and unbiased, got ${formatSpec(induced, options)}`);
    }
    const first = env.create(options.biased);
    const second = env.create(options.unbiased);
    if (first.delta === undefined) throw new RangeError(`induced: biased must have a delta, got ${first.spec}`);
    if (second.omega === undefined) throw new RangeError(`induced: unbiased must have an omega, got ${second.spec}`);
    return {
      spec: formatSpec(induced, { biased: first.spec, unbiased: second.spec }),
      ...unbiased(second.omega * (1 - first.delta)),
      ...twoStep("induced", env, first, second),
    };
  },
};
