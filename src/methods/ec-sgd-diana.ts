/**
 * EC-SGD-DIANA: EC-GD-DIANA with stochastic gradients, a mini-batch by default. Options 1 and 2 differ in alpha.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: linear to a neighbourhood that gamma and the noise alone set: differences between workers do not matter.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecSgdDiana = compensated({
  name: "ec-sgd-diana",
  summary: "error compensation with learnt shifts and stochastic gradients",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  way: "learnt",
  estimator: "mini-batch",
  choice: true,
});
