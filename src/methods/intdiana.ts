/**
 * IntDIANA: differences of gradients and learnt shifts as integers of a common scale, which stay small where workers differ.
 * Update, assumptions, step size, promise, state: integers.ts, h_i += q_i/alpha.
 * Source: Mishchenko, Wang, Kovalev and Richtarik, IntSGD, arXiv 2102.08374, Algorithm 3.
 */
import { integerMethod } from "./integers.ts";

export const intdiana = integerMethod({
  name: "intdiana",
  summary: "gradient differences as small integers of one adaptive scale, whose sums need no decoding",
  reference: "Mishchenko et al., IntSGD, arXiv 2102.08374, Algorithm 3",
  learnt: true,
});
