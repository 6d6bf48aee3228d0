/**
 * EC-GD-DIANA: error feedback along grad f_i(x) - h_i + h with shifts learnt as in DIANA.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: linear.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecGdDiana = compensated({
  name: "ec-gd-diana",
  summary: "error compensation with learnt shifts",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "linear",
  way: "learnt",
});
