/**
 * Two-step residual: the error of a first contractive compressor is compressed by a second: C1(x) + C2(x - C1(x)).
 * Class: B(1 - (1 - delta1)(1 - delta2)): the second step shrinks what the first one left. B1 and B2 follow from B3 for
 *   every contractive compressor. Bias and variance: with r = x - C1(x) and e(r) = r - C2(r), |E e| <= E eta2 |r| and
 *   E|e - E e|^2 <= (variance2 + eta2^2) E|r|^2, the second term only if C1 is random.
 * Payload: varint length of C1's payload, left out if that never varies | payload of C1(x) | payload of C2(x - C1(x)).
 * Cost: both, and one copy of x. Scratch: d elements, theirs and a copy of the generator's state.
 * Throws: RangeError for options without a delta, for entries that are not finite.
 * Source: the product of two contractions, as in double compression of Richtarik et al., 3PC, arXiv 2202.00998, table 1
 *   (3PCv4); conversions of classes: Beznosikov et al., arXiv 2002.12410, theorem 2.
 */
import type { Compressor, CompressorFactory, Constants } from "../core/contracts.ts";
import { formatSpec } from "./spec.ts";
import { twoStep } from "./two-step.ts";

export interface ResidualOptions {
  first?: string;
  second?: string;
}

export const residual: CompressorFactory<ResidualOptions> = {
  name: "residual",
  wireId: 34,
  summary: "C1(x) + C2(x - C1(x)): a second contractive compressor for what the first left",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, table 1 (3PCv4)",
  formulas: "B(1 - (1 - delta1)(1 - delta2))",
  options: { first: "spec", second: "spec" },
  defaults: {},
  examples: () => ["residual:first=(top-k:ratio=0.05),second=(sign)"],
  create(options, env) {
    if (options.first === undefined || options.second === undefined) {
      throw new RangeError(`residual: give first and second, got ${formatSpec(residual, options)}`);
    }
    const first = env.create(options.first);
    const second = env.create(options.second);
    for (const { spec, delta } of [first, second]) {
      if (delta === undefined) {
        throw new RangeError(`residual: both must have a delta (scaled:of=(...) gives one), got ${spec}`);
      }
    }
    return {
      spec: formatSpec(residual, { first: first.spec, second: second.spec }),
      ...residualConstants(first, second),
      ...twoStep("residual", env, first, second),
    };
  },
};

function residualConstants(first: Compressor, second: Compressor): { delta: number; constants: Constants } {
  const left = 1 - first.delta!;
  const delta = 1 - left * (1 - second.delta!);
  const { eta = Math.sqrt(1 - second.delta!), variance = 1 - second.delta! } = second.constants;
  const random = first.constants.variance !== 0;
  return {
    delta,
    constants: {
      delta,
      B1: [delta ** 2 / 4, 2],
      B2: [delta / 2, 2],
      B3: 1 / delta,
      eta: eta * Math.sqrt(left),
      variance: (variance + (random ? eta ** 2 : 0)) * left,
    },
  };
}
