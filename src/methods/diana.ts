/**
 * DIANA, generalised: workers compress the difference of their gradient and a learnt shift h_i.
 *
 *   u_i = grad f_i(x) - h_i;  c_i = C_i(u_i);  m_i = Q_i(u_i - c_i)       (C_i = 0 is the classical method)
 *   g = h + mean(c_i + m_i);  x <- x - gamma g;  h_i += alpha (c_i + m_i);  h += alpha mean(c_i + m_i)
 *
 * Assumptions: Q_i in U(omega_i), C_i in B(delta_i), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step sizes: with w = max omega_i (1 - delta_i): alpha <= 1/(1 + w), M > 2w/(n alpha),
 *   gamma <= 1/((2/n) max(omega_i (1 - delta_i) L_i) + (1 + alpha M) L_max); default M = 4w/(n alpha).
 * Promise: E V^k <= max(1 - gamma mu, 1 - alpha + 2w/(nM))^k V^0, V = |x - x*|^2 + M gamma^2 mean|h_i - h_i*|^2.
 * State: h_i at worker i, h at the server; each h_i at the server too when workers may be resynced (O(nd)).
 * Source: Mishchenko et al., arXiv 1901.09269; generalised form: Shulgin and Richtarik, Theorem 3.
 */
import type { Method, Part, Reader, Resolved, Vec, WorkerEnv, Writer } from "../core/contracts.ts";
import { GAMMA, inducedOmega, inRange, iterate, max, maxProduct, stepSize } from "./common.ts";

export interface DianaOptions extends Resolved {
  alpha: number;
}

export const diana: Method<DianaOptions> = {
  name: "diana",
  summary: "compressed gradient differences with learnt shifts",
  reference: "Mishchenko et al., arXiv 1901.09269; Shulgin and Richtarik, Theorem 3",
  promise: "linear",
  needs: { compressors: { gradient: "unbiased", shift: "any" }, optional: ["shift"], oracle: "gradient" },
  options: {
    gamma: GAMMA,
    alpha: "shift step size, in (0, 1/(1 + omega)]; default the largest",
    M: "weight of the shifts in the Lyapunov function, as a multiple of 2 omega/(n alpha), > 1; default 2",
  },

  resolve(options, facts) {
    const inner = facts.delta("shift").length ? "shift" : undefined;
    const omegas = inducedOmega(facts, "gradient", inner);
    const omega = max(omegas);
    const alpha = inRange("diana: alpha", options.alpha, 1 / (1 + omega), 0, 1 / (1 + omega));
    const M = inRange("diana: M", options.M, 2, 1, 1e9) * ((2 * omega) / (facts.n * alpha));
    const bound = (2 / facts.n) * maxProduct(omegas, facts.Li) + (1 + alpha * M) * facts.Lmax;
    const formula = "1/((2/n) max(omega_i (1-delta_i) L_i) + (1 + alpha M) L_max), M = 4 omega/(n alpha)";
    return { ...stepSize("diana", options.gamma, 1 / bound, formula), alpha };
  },

  worker(env, { alpha }) {
    const { ops, dim, oracle, state } = env;
    const g = ops.vec(dim);
    const h = state.vec("h");
    const send = inducedSender(env);
    return {
      reply(_turn, down, up) {
        oracle.gradient(down.dense(), g);
        ops.sub(g, h, g);
        send.put(g, up);
      },
      settle(_turn, applied) {
        if (applied) send.addTo(alpha, h); // h_i += alpha (c_i + m_i): the numbers that the server added
      },
      join(down) {
        ops.copy(down.dense(), h);
      },
    };
  },

  server(env, { gamma, alpha }) {
    const { ops, dim, codecs, state, n } = env;
    const x = iterate(env);
    const h = state.vec("h");
    const m = ops.vec(dim);
    const own = env.resync ? codecs.map((_, i) => state.vec(`h ${i}`)) : undefined;
    const difference = ops.vec(dim);
    return {
      x,
      open(_turn, down) {
        ops.fill(0, m);
        down.dense(x);
      },
      receive(_turn, worker, up) {
        if (own) {
          ops.fill(0, difference);
          receiveInduced(up, codecs[worker]!, difference);
          ops.axpy(alpha, difference, own[worker]!);
          ops.axpy(1, difference, m);
        } else receiveInduced(up, codecs[worker]!, m);
      },
      close(_turn, answered) {
        ops.axpy(-gamma, h, x);
        ops.axpy(-gamma / answered.length, m, x);
        ops.axpy(alpha / n, m, h);
        return true;
      },
      welcome(worker, down) {
        if (!own) throw new RangeError("diana: a worker can be resynced only when the run keeps every h_i (resync)");
        down.dense(own[worker]!);
      },
    };
  },
};

/** c = C(u), m = Q(u - c) as one or two parts; u is overwritten when there is a C. */
export function inducedSender({ codecs }: WorkerEnv): {
  put(u: Vec, up: Writer): void;
  addTo(scale: number, acc: Vec): void;
} {
  const { gradient, shift } = codecs;
  let c: Part | undefined;
  let m: Part;
  return {
    put(u, up) {
      if (shift) {
        c = up.put(shift, u);
        c.addTo(-1, u);
      }
      m = up.put(gradient!, u);
    },
    addTo(scale, acc) {
      c?.addTo(scale, acc);
      m.addTo(scale, acc);
    },
  };
}

/** acc += c + m. */
export function receiveInduced(up: Reader, codecs: WorkerEnv["codecs"], acc: Vec): void {
  if (codecs.shift) up.addTo(codecs.shift, 1, acc);
  up.addTo(codecs.gradient!, 1, acc);
}
