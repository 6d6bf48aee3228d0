/**
 * EF21-BC: EF21 whose step is compressed too. Server and workers keep b, and each the iterate; nothing else comes down.
 *
 *   b <- b + C_M(g - b);  x <- x - gamma b;  c_i = C_i(grad f_i(x) - g_i);  g_i += c_i;  g += mean c_i    (g_i = b = 0 at first)
 *
 * Assumptions: C_i in B(delta), C_M (slot `model`) in B(delta_M), f_i L_i-smooth, f PL (strongly convex) with mu.
 * Step size: with theta = 1 - sqrt(1 - delta), r = sqrt(1 - delta)/theta, theta_M and r_M of C_M, k = 2 - theta:
 *   gamma <= min(1/(L + 2 Ltilde sqrt(r^2 + (k r_M (1 + sqrt 2 r))^2)), min(theta, theta_M)/(2 mu)).
 * Promise: linear, V = f - f* + a mean|g_i - grad f_i(x)|^2 + (2 gamma/theta_M)|b - g|^2 contracts by 1 - gamma mu, with
 *   a = (2 gamma/theta)(1 + 2 (k r_M)^2 (1 + t)), t = 1/(sqrt 2 r).
 *   Outline: |b - grad f(x)|^2 <= 2|b - g|^2 + 2 G in the descent of estimates.ts; G+ <= (1 - theta) G + beta Ltilde^2|x+ - x|^2;
 *   |b+ - g+|^2 <= (1 - theta_M)|b - g|^2 + beta_M|g+ - g|^2, E|g+ - g|^2 <= k^2 mean|grad f_i(x+) - g_i|^2 (Minkowski) <=
 *   k^2 ((1 + t) G + (1 + 1/t) Ltilde^2|x+ - x|^2).
 * State: g_i, b, x at worker i, g, b, x at the server; each g_i there too when workers may be resynced (O(nd)). Workers
 *   move b and x when a broadcast comes, which comes once, and the server when it closes the exchange: till then it
 *   welcomes those who are to get the broadcast with the old ones.
 * Source: Fatkhullin et al., arXiv 2110.03294, Algorithm 5 (EF21-BC); the constants are derived here.
 */
import type { Method, Part, Resolved } from "../core/contracts.ts";
import { exactStep, GAMMA, iterate, smallestDelta } from "./common.ts";
import { contraction } from "./ef21.ts";
import { shiftCopies, welcomeWith } from "./shifted.ts";

export const ef21Bc: Method<Resolved> = {
  name: "ef21-bc",
  summary: "ef21 with a compressed step: corrections to kept estimates in both directions",
  reference: "Fatkhullin et al., arXiv 2110.03294, EF21-BC",
  promise: "linear",
  needs: { compressors: { gradient: "contractive", model: "contractive" }, oracle: "gradient" },
  options: { gamma: GAMMA },

  resolve(options, facts) {
    const formula =
      "min(1/(L + 2 Ltilde sqrt(r^2 + (k r_M (1 + sqrt 2 r))^2)), min(theta, theta_M)/(2 mu)), " +
      "r = sqrt(1 - delta)/theta, k = 2 - theta";
    return exactStep("ef21-bc", options.gamma, facts, formula, () => {
      const { L, Ltilde, mu } = facts;
      const up = contraction(smallestDelta("ef21-bc", facts, "gradient"));
      const down = contraction(smallestDelta("ef21-bc", facts, "model"));
      const both = Math.hypot(up.r, (2 - up.theta) * down.r * (1 + Math.SQRT2 * up.r));
      const smooth = 1 / (L + 2 * Ltilde * both);
      return mu > 0 ? Math.min(smooth, Math.min(up.theta, down.theta) / (2 * mu)) : smooth;
    });
  },

  worker({ ops, dim, oracle, codecs, state }, { gamma }) {
    const u = ops.vec(dim);
    const [x, b, g] = [state.vec("x"), state.vec("b"), state.vec("g")];
    let sent: Part;
    return {
      reply(_turn, down, up) {
        down.addTo(codecs.model!, 1, b);
        if (down.more) ops.copy(down.dense(), x); // x^0, in the first broadcast
        ops.axpy(-gamma, b, x);
        oracle.gradient(x, u);
        ops.sub(u, g, u);
        sent = up.put(codecs.gradient!, u);
      },
      settle(_turn, applied) {
        if (applied) sent.addTo(1, g);
      },
      join(down) {
        for (const vector of [b, x, g]) ops.copy(down.dense(), vector);
      },
    };
  },

  server(env, { gamma }) {
    const { ops, dim, codecs, state, n } = env;
    const x = iterate(env);
    const [g, b, u] = [state.vec("g"), state.vec("b"), ops.vec(dim)];
    const told = state.scalar("has told x");
    const step = state.vec("step");
    const isOpen = state.scalar("step is open");
    const copies = shiftCopies(env);
    const welcome = welcomeWith("ef21-bc", copies);
    const move = () => {
      if (isOpen.value === 0) return;
      isOpen.value = 0;
      told.value = 1;
      ops.axpy(1, step, b);
      ops.axpy(-gamma, b, x);
    };
    return {
      x,
      open(_turn, down) {
        move(); // nobody answered the last broadcast, but it was sent
        ops.sub(g, b, u);
        const sent = down.put(codecs[0]!.model!, u);
        ops.fill(0, step);
        sent.addTo(1, step);
        if (told.value === 0) down.dense(x);
        isOpen.value = 1;
      },
      receive(_turn, worker, up) {
        const { gradient } = codecs[worker]!;
        if (copies) up.addTo(gradient!, 1, copies[worker]!);
        else up.addTo(gradient!, 1 / n, g);
      },
      close() {
        move();
        if (!copies) return true;
        ops.fill(0, g);
        for (const copy of copies) ops.axpy(1 / n, copy, g);
        return true;
      },
      welcome(worker, down, after) {
        const moved = after === true && isOpen.value === 1 ? 1 : 0;
        ops.combine(1, b, moved, step, u);
        down.dense(u);
        ops.combine(1, x, -gamma * moved, u, u);
        down.dense(u);
        welcome(worker, down);
      },
    };
  },
};
