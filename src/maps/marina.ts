/**
 * MARINA's map: x with probability p, else h + Q(x - y); Q in U(omega). The coin is common to all workers, as the method
 * `marina` has it; for any map of the method `3pc` it could be a worker's own.
 * Constants: A = p, B = (1 - p) omega, with equality where E|Q(u) - u|^2 = omega |u|^2.
 * Payload: u8 0, then that of Q | u8 1, then the d elements of x - h.
 * Source: Gorbunov, Burlachenko, Li and Richtarik, arXiv 2102.07845; Richtarik et al., 3PC, arXiv 2202.00998, Table 1.
 */
import { formatSpec } from "../compressors/spec.ts";
import type { MapFactory } from "./contract.ts";
import { chance, choice, difference, given, unbiasedness, whole } from "./parts.ts";

export interface MarinaOptions {
  p?: number;
  of?: string;
}

export const marina: MapFactory<MarinaOptions> = {
  name: "marina",
  summary: "x with probability p, else h + Q(x - y); one coin for all workers",
  reference: "Richtarik et al., 3PC, arXiv 2202.00998, Table 1; arXiv 2102.07845",
  formulas: "A = p, B = (1 - p) omega",
  message: "1 byte and Q, or d elements with probability p",
  options: { p: "number", of: "spec" },
  defaults: {},
  example: "marina:p=0.1,of=(rand-k:ratio=0.1)",
  create(options, env) {
    const p = chance("marina", options.p);
    const compressor = env.create(given("marina", "of", options.of));
    return {
      spec: formatSpec(marina, { p, of: compressor.spec }),
      A: p,
      B: (1 - p) * unbiasedness("marina", compressor),
      ...choice("marina", env, [difference(env, compressor, "x", "y"), whole(env)], ({ common }) =>
        common.coin(p) ? 1 : 0,
      ),
    };
  },
};
