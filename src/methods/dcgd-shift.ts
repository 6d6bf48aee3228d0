/**
 * DCGD-SHIFT with fixed shifts (the paper's DCGD-FIXED): h_i = grad f_i(x^0), sent densely once.
 *
 *   x <- x - gamma (h + mean Q_i(grad f_i(x) - h_i))
 *
 * Assumptions and step size: as dcgd.
 * Promise: linear to a neighbourhood whose squared radius is (2 gamma/mu) mean(omega_i |grad f_i(x*) - h_i|^2)/n.
 * Uplink: d elements in the first round besides the message, then the message alone.
 * Source: Shulgin and Richtarik, Shifted Compression Framework, Theorem 1.
 */
import type { Method, Resolved } from "../core/contracts.ts";
import { GAMMA } from "./common.ts";
import { constantShiftStep } from "./dcgd.ts";
import { shiftCopies, shiftedServer, shiftedWorker, welcomeWith } from "./shifted.ts";

export const dcgdShift: Method<Resolved> = {
  name: "dcgd-shift",
  summary: "compressed gradients with fixed shifts h_i = grad f_i(x0)",
  reference: "Shulgin and Richtarik, Theorem 1 (DCGD-FIXED)",
  promise: "neighbourhood",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  covers: ["prox"],
  options: { gamma: GAMMA },
  resolve: (options, facts) => constantShiftStep("dcgd-shift", options, facts),

  worker(env) {
    const { ops, state } = env;
    const h = state.vec("h");
    const known = state.scalar("knows h");
    const first = ops.vec(env.dim);
    return shiftedWorker(env, {
      h,
      announce(u, up) {
        if (known.value === 1) return;
        up.dense(u); // h_i = 0 so far: u is the gradient, and what is left to compress is zero
        ops.copy(u, first);
        ops.fill(0, u);
      },
      move() {
        if (known.value === 0) ops.copy(first, h);
        known.value = 1;
      },
      join(down) {
        known.value = down.scalar();
        if (known.value === 1) ops.copy(down.dense(), h);
      },
    });
  },

  server(env, { gamma }) {
    const { ops, n, state } = env;
    const h = state.vec("h");
    const known = env.codecs.map((_, i) => state.scalar(`knows h ${i}`));
    const copies = shiftCopies(env);
    return shiftedServer(env, gamma, {
      h,
      heard(worker, up) {
        if (known[worker]!.value === 1) return;
        const first = up.dense();
        ops.axpy(1 / n, first, h);
        if (copies) ops.copy(first, copies[worker]!);
        known[worker]!.value = 1;
      },
      welcome(worker, down) {
        down.scalar(known[worker]!.value);
        if (known[worker]!.value === 1) welcomeWith("dcgd-shift", copies)(worker, down);
      },
    });
  },
};
