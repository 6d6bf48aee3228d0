/**
 * EC-LSVRG: error feedback with L-SVRG gradients on every worker.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: linear to a neighbourhood that gamma and the differences between workers set: noise does not matter.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecLsvrg = compensated({
  name: "ec-lsvrg",
  summary: "error compensation with variance-reduced gradients",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  way: "gradient",
  estimator: "l-svrg",
});
