/**
 * EC-SGD: error feedback with stochastic gradients, a mini-batch by default.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: linear to a neighbourhood that gamma, the noise and the differences between workers set.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecSgd = compensated({
  name: "ec-sgd",
  summary: "error compensation with stochastic gradients",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  way: "gradient",
  estimator: "mini-batch",
});
