/** The aggregators, by name. One line each. */
import type { AggregatorFactory } from "./contract.ts";
import { majorityVote } from "./majority-vote.ts";
import { mean } from "./mean.ts";
import { median } from "./median.ts";
import { normClipping } from "./norm-clipping.ts";
import { trimmedMean } from "./trimmed-mean.ts";

export const aggregators: Readonly<Record<string, AggregatorFactory>> = {
  mean,
  "majority-vote": majorityVote,
  median,
  "norm-clipping": normClipping,
  "trimmed-mean": trimmedMean,
};
