/**
 * IntDIANA: differences of gradients and learnt shifts as integers of a common scale, which stay small where workers differ.
 * Update, assumptions, step size, promise, state: integers.ts, h_i += q_i/alpha.
 * Source: Mishchenko, Wang, Kovalev and Richtarik, IntSGD, arXiv 2102.08374, Algorithm 3.
 */
import type { Method } from "../core/contracts.ts";
import {
  type IntegerMethodOptions,
  integerOptions,
  integerServer,
  integerWorker,
  resolveIntegers,
} from "./integers.ts";

export const intdiana: Method<IntegerMethodOptions> = {
  name: "intdiana",
  summary: "gradient differences as small integers of one adaptive scale, whose sums need no decoding",
  reference: "Mishchenko et al., IntSGD, arXiv 2102.08374, Algorithm 3",
  promise: "linear",
  needs: { compressors: {}, oracle: "gradient" },
  options: integerOptions,
  resolve: (options, facts) => resolveIntegers("intdiana", options, facts),
  worker: (env, options) => integerWorker("intdiana", env, options, true),
  server: (env, options) => integerServer("intdiana", env, options, true),
};
