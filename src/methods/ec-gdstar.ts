/**
 * EC-GDstar: error feedback along grad f_i(x) - grad f_i(x*). A yardstick for the others, not a method to use.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: linear.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecGdstar = compensated({
  name: "ec-gdstar",
  summary: "error compensation of gradients minus those at x*; needs x*",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "linear",
  way: "optimal",
});
