/**
 * Methods whose workers keep an estimate g_i of their gradient; worker and server move it by the same messages, and the
 * server steps along g = mean g_i:  x <- prox_{gamma psi}(x - gamma g).
 *
 * With G = mean|g_i - grad f_i(x)|^2, f L-smooth and f_i L_i-smooth:
 *   f(x+) <= f(x) - (gamma/2)|grad f(x)|^2 - (1/(2 gamma) - L/2)|x+ - x|^2 + (gamma/2)|g - grad f(x)|^2.
 * With a psi (convex; f mu-strongly convex), F = f + psi and gamma <= 1/(2L):
 *   (1 + gamma mu/9)(F(x+) - F*) <= F(x) - F* + (11/18) gamma |g - grad f(x)|^2 - (1/(4 gamma) - L/2)|x+ - x|^2
 *   by F(x+) <= F(x) + (gamma/2)|g - grad f(x)|^2 - (1/(2 gamma) - L/2)|x+ - x|^2 (the step's objective is 1/gamma-strongly
 *   convex) and 2 mu (F(x+) - F*) <= |v|^2, v = grad f(x+) - grad f(x) + grad f(x) - g - (x+ - x)/gamma in the subdifferential
 *   at x+, with the weight gamma/18.
 * If the error E of the g_i bounds |g - grad f|^2 and E+ <= (1 - a) E + b|x+ - x|^2, then (`safeStep`)
 *   psi = 0: f - f* + (gamma/a) E contracts by 1 - gamma mu for gamma <= min(1/(L + sqrt(2b/a)), a/(2 mu));
 *   else (1 + gamma mu/9)(F - F*) + (11 gamma/(9a)) E contracts by max(1/(1 + gamma mu/9), 1 - a/2) for
 *   gamma <= 1/(2L + sqrt(44b/(9a))).
 * State: g_i at worker i, g at the server; each g_i at the server too when workers may be resynced (O(nd)): then g is
 *   their mean, else it keeps the rounding errors of the first rounds, and x stalls at about 1e-16 of where it began.
 * Source: Richtarik et al., 3PC, arXiv 2202.00998, Algorithm 1; Li et al., PAGE, arXiv 2008.10898, Lemma 2 (descent); the
 *   constants with a psi are derived here.
 */
import type {
  Facts,
  Part,
  Reader,
  ServerEnv,
  ServerNode,
  Turn,
  Vec,
  WorkerEnv,
  WorkerNode,
} from "../core/contracts.ts";
import { iterate } from "./common.ts";
import { shiftCopies, welcomeWith } from "./shifted.ts";

/** The largest step for which V contracts as above. */
export function safeStep({ L, mu, prox }: Facts, a: number, b: number): number {
  if (prox) return 1 / (2 * L + Math.sqrt((44 * b) / (9 * a)));
  const smooth = 1 / (L + Math.sqrt((2 * b) / a));
  return mu > 0 ? Math.min(smooth, a / (2 * mu)) : smooth;
}

/**
 * The step along an estimate g with E|g - grad f(x)|^2 <= average H, H = mean|h_i - grad f_i(x)|^2, where a round takes every
 * E|h_i - grad f_i(x)|^2 to r times that: ef-bv.ts. 0 where r >= 1.
 */
export function noisyStep({ L, Ltilde, prox }: Facts, r: number, average: number): number {
  if (r >= 1) return 0;
  const error = (Ltilde * Math.sqrt(average)) / (Math.sqrt((1 + r) / 2) - Math.sqrt(r)); // sqrt(r) s, there for r = 0 too
  return 1 / (prox ? 2 * L + Math.sqrt(22 / 9) * error : L + error);
}

/** How `noisyStep` is written. */
export const noisyFormula = ({ prox }: Facts): string =>
  `1/(${prox ? "2L + sqrt(22/9)" : "L +"} Ltilde sqrt(r_av/r)/s), s = sqrt((1 + r)/(2r)) - 1`;

/** Sends C_i(grad f_i(x) - g_i), slot `gradient`; g_i += lambda C_i(grad f_i(x) - g_i). */
export function correctingWorker({ ops, dim, oracle, codecs, state }: WorkerEnv, lambda = 1): WorkerNode {
  const u = ops.vec(dim);
  const g = state.vec("g");
  let sent: Part;
  return {
    reply(_turn, down, up) {
      oracle.gradient(down.model(), u);
      ops.sub(u, g, u);
      sent = up.put(codecs.gradient!, u);
    },
    settle(_turn, applied) {
      if (applied) sent.addTo(lambda, g);
    },
    join: (down) => ops.copy(down.dense(), g),
  };
}

/** How the server reads what moves g_i. */
export interface Moves {
  /** Before the broadcast. */
  begin?(turn: Turn): void;
  /** acc += scale * what worker i adds to its g_i. */
  read(worker: number, up: Reader, scale: number, acc: Vec): void;
}

export function estimateServer(env: ServerEnv, gamma: number, method: string, { begin, read }: Moves): ServerNode {
  const { ops, state, n } = env;
  const x = iterate(env);
  const g = state.vec("g");
  const copies = shiftCopies(env);
  return {
    x,
    open(turn, down) {
      begin?.(turn);
      down.model(x);
    },
    receive(_turn, worker, up) {
      if (copies) read(worker, up, 1, copies[worker]!);
      else read(worker, up, 1 / n, g);
    },
    close() {
      if (copies) {
        ops.fill(0, g);
        for (let i = 0; i < n; ++i) ops.axpy(1 / n, copies[i]!, g);
      }
      ops.axpy(-gamma, g, x);
      env.prox?.apply(gamma, x);
      return true;
    },
    welcome: welcomeWith(method, copies),
  };
}
