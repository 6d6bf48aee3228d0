/**
 * EC-SGDsr: error feedback with gradients of an arbitrary sampling, importance sampling by default.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: as ec-sgd, with the sampling's constants.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecSgdsr = compensated({
  name: "ec-sgdsr",
  summary: "error compensation with rows drawn in proportion to their smoothness",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  way: "gradient",
  estimator: "importance",
});
