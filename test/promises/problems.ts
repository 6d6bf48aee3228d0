/** The problems that promises are shown on: small, fixed by a seed. */
import { counterExample, quadratic, rowsRidge } from "../methods/problems.ts";
import type { NamedProblem } from "./contract.ts";

/** Dense quadratics whose minimisers differ; the problem of most full-gradient tests. */
export const quadratics: NamedProblem = {
  title: "quadratics",
  make: () => quadratic(6, 12, { mu: 1, L: 6, seed: 3 }),
};

/** The same with one common minimiser: every grad f_i(x*) = 0. */
export const alike: NamedProblem = {
  title: "quadratics with one minimiser",
  make: () => quadratic(6, 12, { mu: 1, L: 6, seed: 3, heterogeneity: 0 }),
};

/** Ridge with 10 rows a worker, for estimators; rows and workers disagree at the optimum. */
export const rows: NamedProblem = { title: "ridge", make: () => rowsRidge() };

/** Three workers on which greedy compression alone diverges. */
export const top1: NamedProblem = { title: "three-worker counter-example", make: counterExample };
