/** The problems that promises are shown on: small, fixed by a seed. */
import { counterExample, nonconvexLogistic, quadratic, rowsRidge } from "../methods/problems.ts";
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

/** Diagonal quadratics with an eigenvalue 0: convex, with a line of minimisers. */
export const flat: NamedProblem = {
  title: "quadratics with mu = 0",
  make: () => quadratic(6, 12, { mu: 0, L: 6, seed: 3, rotate: false }),
};

/** Logistic regression with the regulariser sum x_j^2/(1 + x_j^2): not convex. */
export const nonconvex: NamedProblem = { title: "non-convex logistic regression", make: nonconvexLogistic };
