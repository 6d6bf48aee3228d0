/**
 * EC-LSVRG-DIANA: error feedback along the L-SVRG gradient - h_i + h with shifts learnt as in DIANA.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: linear.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecLsvrgDiana = compensated({
  name: "ec-lsvrg-diana",
  summary: "error compensation with learnt shifts and variance-reduced gradients",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "linear",
  way: "learnt",
  estimator: "l-svrg",
});
