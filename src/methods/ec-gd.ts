/**
 * EC-GD: error compensation along exact gradients; ef under the name that its family gives it.
 * Updates, step sizes and the Lyapunov function: compensated.ts.
 * Promise: linear to a neighbourhood of order gamma^2 that the differences between workers set.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292.
 */
import { compensated } from "./compensated.ts";

export const ecGd = compensated({
  name: "ec-gd",
  summary: "error compensation with exact gradients (error feedback)",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  way: "gradient",
});
