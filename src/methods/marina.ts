/**
 * MARINA: compressed differences of successive gradients, and now and then, by a coin that all share, the gradients.
 *
 *   c ~ Bernoulli(p), one coin for all:  c = 1 (and in round 0): g_i <- grad f_i(x)
 *                                        c = 0: g_i += Q_i(grad f_i(x) - grad f_i(x')), x' the point before x
 *   x <- x - gamma mean g_i
 *
 * A dense message is the difference grad f_i(x) - g_i, so that both ends move by the same numbers and a worker that was
 * not heard keeps its g_i.
 * Assumptions: Q_i in U(omega_i), independent; f_i L_i-smooth, f PL with mu, or merely bounded below.
 * Step size: with S^2 = mean(omega_i L_i^2): gamma <= min(1/(L + S sqrt(2(1 - p)/(p n))), p/(2 mu)); not PL: 1/(L + S
 *   sqrt((1 - p)/(p n))). With a psi: estimates.ts.
 * Promise: linear, E[f - f* + (gamma/p)|g - grad f|^2] contracts by 1 - gamma mu. Outline: estimates.ts with
 *   E|g+ - grad f(x+)|^2 <= (1 - p)(|g - grad f(x)|^2 + (S^2/n)|x+ - x|^2).
 * Uplink: the message of Q, or d elements with probability p. The receiver knows the coin: no flag is sent.
 * State: g_i and grad f_i(x') at worker i; g at the server: estimates.ts.
 * Source: Gorbunov, Burlachenko, Li and Richtarik, arXiv 2102.07845, Theorems 2.1 and 2.2 (with L where they have Ltilde).
 */
import type {
  Facts,
  Method,
  Part,
  Resolved,
  Rng,
  ServerEnv,
  ServerNode,
  Turn,
  Vec,
  WorkerEnv,
  WorkerNode,
} from "../core/contracts.ts";
import { exactStep, GAMMA, inRange, max } from "./common.ts";
import { estimateServer, safeStep } from "./estimates.ts";

export interface MarinaOptions extends Resolved {
  p: number;
}

export const MARINA_OPTIONS = {
  gamma: GAMMA,
  regime: '"pl" or "non-convex": which theorem the step is of; default pl where mu > 0',
};

export const marina: Method<MarinaOptions> = {
  name: "marina",
  summary: "compressed differences of successive gradients; all send theirs in full with probability p",
  reference: "Gorbunov, Burlachenko, Li and Richtarik, arXiv 2102.07845, Theorem 2.2",
  promise: "linear",
  covers: ["prox"],
  needs: { compressors: { gradient: "unbiased" }, oracle: "gradient" },
  options: { ...MARINA_OPTIONS, p: "probability of full gradients, in (0, 1]; default 1/(1 + omega)" },

  resolve(options, facts) {
    const omegas = facts.omega("gradient");
    const p = inRange("marina: p", options.p, 1 / (1 + max(omegas)), 0, 1);
    const S2 = mean(omegas.map((omega, i) => omega * facts.Li[i]! ** 2));
    return { ...marinaStep("marina", options, facts, p, S2, "S^2 = mean omega_i L_i^2"), p };
  },

  worker(env, { p }) {
    const { ops, dim, oracle, state } = env;
    const fresh = ops.vec(dim);
    const y = state.vec("y");
    return marinaWorker(env, p, {
      gradient(x, into) {
        oracle.gradient(x, fresh);
        ops.copy(fresh, into);
      },
      change(x, into) {
        oracle.gradient(x, fresh);
        ops.sub(fresh, y, into);
      },
      move: () => ops.copy(fresh, y),
    });
  },

  server: (env, { gamma, p }) => marinaServer(env, gamma, p, "marina"),
};

/** Of the workers' constants. */
export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The step, where E|g+ - grad f(x+)|^2 <= (1 - p)(|g - grad f(x)|^2 + (S2/n)|x+ - x|^2). */
export function marinaStep(
  name: string,
  { gamma, regime }: Readonly<Record<string, unknown>>,
  facts: Facts,
  p: number,
  S2: number,
  text: string,
): Resolved {
  const { L, mu, n, prox } = facts;
  const how = regime ?? (mu > 0 ? "pl" : "non-convex");
  if (how !== "pl" && how !== "non-convex") {
    throw new RangeError(`${name}: regime must be "pl" or "non-convex", got ${JSON.stringify(how)}`);
  }
  const pl = how === "pl";
  if (!pl && prox) throw new RangeError(`${name}: with a psi the regime must be "pl"`);
  const formula = prox
    ? "1/(2L + S sqrt(44(1 - p)/(9 p n)))"
    : pl
      ? "min(1/(L + S sqrt(2(1 - p)/(p n))), p/(2 mu))"
      : "1/(L + S sqrt((1 - p)/(p n)))";
  return exactStep(name, gamma, facts, `${formula}, ${text}`, () => {
    const b = ((1 - p) * S2) / n;
    return pl ? safeStep(facts, p, b) : 1 / (L + Math.sqrt(b / p));
  });
}

/** Whether all send full gradients. Both ends draw the same. */
const dense = (turn: Turn, common: Rng, p: number): boolean => turn.round === 0 || common.coin(p);

/** What a worker of the family computes. */
export interface Differences {
  /** grad f_i(x). */
  gradient(x: Vec, into: Vec): void;
  /** What Q takes: grad f_i(x) - grad f_i(x') or an estimate of it. */
  change(x: Vec, into: Vec): void;
  /** Once the reply counts: x is the point before the next one. */
  move(): void;
}

export function marinaWorker(env: WorkerEnv, p: number, { gradient, change, move }: Differences): WorkerNode {
  const { ops, dim, codecs, state, common } = env;
  const g = state.vec("g");
  const known = state.scalar("point before is known"); // not by one who joined since, or was not heard in round 0
  const u = ops.vec(dim);
  let sent: Part | undefined;
  return {
    reply(turn, down, up) {
      const x = down.model();
      if (dense(turn, common, p)) {
        gradient(x, u);
        ops.sub(u, g, u);
        up.dense(u);
        sent = undefined;
      } else {
        change(x, u);
        if (known.value === 0) ops.fill(0, u);
        sent = up.put(codecs.gradient!, u);
      }
    },
    settle(_turn, applied) {
      if (!applied) return;
      if (sent) sent.addTo(1, g);
      else ops.axpy(1, u, g);
      known.value = 1;
      move();
    },
    join(down) {
      ops.copy(down.dense(), g);
      known.value = 0;
    },
  };
}

export function marinaServer(env: ServerEnv, gamma: number, p: number, method: string): ServerNode {
  const { ops, codecs, common } = env;
  let full = false;
  return estimateServer(env, gamma, method, {
    begin(turn) {
      full = dense(turn, common, p);
    },
    read(worker, up, scale, acc) {
      if (full) ops.axpy(scale, up.dense(), acc);
      else up.addTo(codecs[worker]!.gradient!, scale, acc);
    },
  });
}
