/**
 * IntSGD: gradients as integers of a common scale; IntGD with exact gradients, which are the default.
 * Update, assumptions, step size, promise, state: integers.ts, h_i = 0. Where workers differ at x* the integers grow until the
 *   limit cuts them off, and the run stalls at the error |grad f_i(x*)|/limit that they can tell apart: use intdiana.
 * Source: Mishchenko, Wang, Kovalev and Richtarik, IntSGD, arXiv 2102.08374, Algorithm 1.
 */
import { integerMethod } from "./integers.ts";

export const intsgd = integerMethod({
  name: "intsgd",
  summary: "gradients as integers of one adaptive scale, whose sums need no decoding",
  reference: "Mishchenko et al., IntSGD, arXiv 2102.08374, Algorithm 1",
  learnt: false,
});
