/**
 * ADIANA: accelerated DIANA. Shifts learn the gradients at a reference point w that is renewed now and then.
 *
 *   x = theta1 z + theta2 w + (1 - theta1 - theta2) y;  g = h + mean Q_i(grad f_i(x) - h_i)
 *   h_i += alpha Q'_i(grad f_i(w) - h_i), with the h_i that g used
 *   y+ = prox_{eta psi}(x - eta g);  z <- beta z + (1 - beta) x + (gamma/eta)(y+ - x)
 *   with probability p: w <- y;  y <- y+
 *
 * The option `gamma` is eta, the step along the gradient; gamma above is theory's from it.
 * Assumptions: Q_i in U(omega_i), f_i convex and L_i-smooth, f mu-strongly convex, mu > 0.
 * Step sizes: alpha <= 1/(1 + omega), q = 2p(1 + omega), eta <= min(1/(2L), n/(64 max(omega_i L_i) (1 + q)^2)),
 *   theta1 = min(1/4, sqrt(eta mu/p)), theta2 = 1/2, gamma = eta/(2(theta1 + eta mu)), beta = 1 - gamma mu;
 *   p = min(1, max(1, sqrt(n/(32 omega)) - 1)/(2(1 + omega))), which keeps eta near 1/(2L) where omega is below n.
 * Promise: linear. E V^k <= max(1 - gamma mu, 1 - theta1/2, 1 - p theta1/(1 + theta1), 1 - alpha/4)^k V^0 where psi = 0,
 *   V = |z - x*|^2 + (2 gamma beta/theta1)(f(y) - f*) + (gamma beta (1 + theta1)/(theta1 p))(f(w) - f*)
 *     + (8 gamma eta/(theta1 n alpha)) mean(omega_i |h_i - grad f_i(w)|^2).
 *   Outline, D(a) = D_f(a, x), v = E|g - grad f(x)|^2: expanding |z+ - x*|^2, strong convexity against (1 - beta)|x - x*|^2,
 *   theta1 (z - x) = -theta2 (w - x) - (1 - theta1 - theta2)(y - x), and the descent lemma for y+ leave v gamma eta/theta1
 *   against 2 gamma beta/theta1 (theta2 D(w) + (1 - theta1 - theta2) D(y)). v <= (2/n) mean(omega_i |h_i - grad f_i(w)|^2)
 *   + (4/n) max(omega_i L_i) D(w); by Young's inequality with alpha/(2p) the memory contracts by 1 - alpha/2 and gets
 *   p (1 + q) 4 max(omega_i L_i)(D(w) + D(y)). All is paid for when eta is as above. With psi the error of the proximal
 *   step doubles v's part: the bound on eta still holds, at 1 - alpha/6 and 3/2 of the weight of the memory.
 * Uplink: two messages a round. Downlink: x, and w when it is new (p d elements on average).
 * State: h_i and grad f_i(w) at worker i; y, z, w and h at the server; each h_i there too where workers may be resynced.
 * Source: Li, Kovalev, Qian and Richtarik, Acceleration for Compressed Gradient Descent, arXiv 2002.11364, Algorithm 1.
 */
import type { Facts, Method, Part, Resolved, ServerEnv, ServerNode, WorkerEnv, WorkerNode } from "../core/contracts.ts";
import { exactStep, GAMMA, inRange, iterate, max, maxProduct } from "./common.ts";
import { shiftCopies, welcomeWith } from "./shifted.ts";

export interface AdianaOptions extends Resolved {
  alpha: number;
  p: number;
  theta1: number;
  /** The gamma of the formulas. */
  pull: number;
  mu: number;
}

/** What the constants depend on besides L, mu and n. */
interface Noise {
  omega: number;
  /** max(omega_i L_i), or the smoothness-aware constant in its place. */
  variance: number;
  text: string;
  /** n/(32 omega) in the rule for p, or what takes its place. */
  room: number;
}

/** Options of ADIANA for noise of a given size. @throws RangeError */
export function adianaSteps(
  method: string,
  options: Readonly<Record<string, unknown>>,
  facts: Facts,
  { omega, variance, text, room }: Noise,
): AdianaOptions {
  const { n, L, mu } = facts;
  if (!(mu > 0)) throw new RangeError(`${method}: mu must be above 0, got ${mu}`);
  const alpha = inRange(`${method}: alpha`, options.alpha, 1 / (1 + omega), 0, 1 / (1 + omega));
  const byDefault = omega > 0 ? Math.min(1, Math.max(1, Math.sqrt(room) - 1) / (2 * (1 + omega))) : 1;
  const p = inRange(`${method}: p`, options.p, byDefault, 0, 1);
  const growth = (1 + 2 * p * (1 + omega)) ** 2;
  const theory = () => (variance > 0 ? Math.min(1 / (2 * L), n / (64 * variance * growth)) : 1 / (2 * L));
  const formula = `eta = min(1/(2L), n/(64 ${text} (1 + 2p(1 + omega))^2))`;
  const step = exactStep(method, options.gamma, facts, formula, theory);
  const eta = step.gamma;
  const theta1 = Math.min(1 / 4, Math.sqrt((eta * mu) / p));
  return { ...step, alpha, p, theta1, pull: eta / (2 * (theta1 + eta * mu)), mu };
}

export const adiana: Method<AdianaOptions> = {
  name: "adiana",
  summary: "accelerated DIANA: shifts learn the gradients at a reference point",
  reference: "Li et al., arXiv 2002.11364, Algorithm 1",
  promise: "linear",
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  covers: ["prox"],
  options: {
    gamma: GAMMA,
    alpha: "shift step size, in (0, 1/(1 + omega)]; default the largest",
    p: "probability of a new reference point, in (0, 1]; default theory's",
  },

  resolve(options, facts) {
    const omegas = facts.omega("gradient");
    const omega = max(omegas);
    const variance = maxProduct(omegas, facts.Li);
    return adianaSteps("adiana", options, facts, {
      omega,
      variance,
      text: "max(omega_i L_i)",
      room: facts.n / (32 * omega),
    });
  },
  worker: adianaWorker,
  server: (env, options) => adianaServer("adiana", env, options),
};

function adianaWorker({ ops, dim, oracle, codecs, state }: WorkerEnv, { alpha }: AdianaOptions): WorkerNode {
  const u = ops.vec(dim);
  const h = state.vec("h");
  const atReference = state.vec("gradient at w");
  let sent: Part;
  return {
    reply(_turn, down, up) {
      oracle.gradient(down.model(), u);
      if (down.more) oracle.gradient(down.dense(), atReference);
      ops.sub(u, h, u);
      up.put(codecs.gradient!, u);
      ops.sub(atReference, h, u);
      sent = up.put(codecs.gradient!, u);
    },
    settle(_turn, applied) {
      if (applied) sent.addTo(alpha, h);
    },
    join(down) {
      ops.copy(down.dense(), h);
      oracle.gradient(down.dense(), atReference);
    },
  };
}

/** The server of ADIANA under the name `method`. */
export function adianaServer(
  method: string,
  env: ServerEnv,
  { gamma: eta, alpha, p, theta1, pull, mu }: AdianaOptions,
): ServerNode {
  const { ops, dim, codecs, state, n, rng, start } = env;
  const [x, next, m, change, one] = [ops.vec(dim), ops.vec(dim), ops.vec(dim), ops.vec(dim), ops.vec(dim)];
  const y = iterate(env);
  const [z, w, h] = [state.vec("z"), state.vec("w"), state.vec("h")];
  ops.copy(start, z);
  ops.copy(start, w);
  /** Whether the workers have grad f_i(w): 0 or 1. */
  const known = state.scalar("w is known");
  const copies = shiftCopies(env);
  const welcome = welcomeWith(method, copies);
  const beta = 1 - pull * mu;
  return {
    x: y,
    open(_turn, down) {
      ops.combine(theta1, z, 0.5, w, x);
      ops.axpy(0.5 - theta1, y, x);
      ops.fill(0, m);
      ops.fill(0, change);
      down.model(x);
      if (known.value === 0) down.dense(w);
    },
    receive(_turn, worker, up) {
      const codec = codecs[worker]!.gradient!;
      up.addTo(codec, 1, m);
      if (!copies) return up.addTo(codec, 1, change);
      ops.fill(0, one);
      up.addTo(codec, 1, one);
      ops.axpy(1, one, change);
      ops.axpy(alpha, one, copies[worker]!);
    },
    close(_turn, answered) {
      ops.combine(1, x, -eta, h, next);
      ops.axpy(-eta / answered.length, m, next);
      env.prox?.apply(eta, next);
      ops.combine(beta, z, 1 - beta - pull / eta, x, z);
      ops.axpy(pull / eta, next, z);
      const renewed = rng.coin(p);
      if (renewed) ops.copy(y, w);
      known.value = renewed ? 0 : 1;
      ops.copy(next, y);
      ops.axpy(alpha / n, change, h);
      return true;
    },
    welcome(worker, down) {
      welcome(worker, down);
      down.dense(w);
    },
  };
}
