/**
 * EC-SGDsr-DIANA: EC-GD-DIANA with gradients of an arbitrary sampling, importance sampling by default.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: as ec-sgd-diana, with the sampling's constants.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecSgdsrDiana = compensated({
  name: "ec-sgdsr-diana",
  summary: "error compensation with learnt shifts and importance sampling",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  way: "learnt",
  estimator: "importance",
});
