/**
 * EC-LSVRGstar: error feedback along the L-SVRG gradient minus grad f_i(x*). A yardstick, not a method to use.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: linear.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecLsvrgstar = compensated({
  name: "ec-lsvrgstar",
  summary: "error compensation of variance-reduced gradients minus those at x*; needs x*",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "linear",
  way: "optimal",
  estimator: "l-svrg",
});
