/**
 * Error compensation, shared by its members: what compression leaves out of a step is added to the next message.
 *
 *   p_i = e_i + gamma g_i;  v_i = C_i(p_i);  e_i <- p_i - v_i;  x <- x - mean v_i
 *
 * A member says which way g_i its workers go, ^g_i being their gradient or what estimates it:
 *   gradient  g_i = ^g_i
 *   optimal   g_i = ^g_i - h_i*, h_i* = grad f_i(x*); needs x*
 *   learnt    g_i = ^g_i - h_i + h;  h_i += alpha Q_i(^g_i - h_i);  h = mean h_i, sent with x
 *
 * Invariant: x^k - mean e_i^k = x^0 - gamma (sum over the rounds of mean g_i); mean g_i = mean ^g_i for each of the three.
 * Assumptions: C_i in B(delta), Q_i in U(omega), f_i convex and L_i-smooth, f mu-strongly convex.
 * Step size: gamma <= min(1/(4(L + E/n)), delta/(a sqrt(L E))), alpha <= 1/(1 + omega), with a = 8 sqrt 3, 4 sqrt 6, 24 for the
 *   three. E = max(A_i + 2 B_i C_i/rho_i) of the estimator; for exact gradients E = L_max, and E/n is left out.
 * Promise: with x~ = x - mean e_i, c = 12 L gamma/delta, F = 24 L gamma^3/delta^2 and a' = 2, 1, 6,
 *   V = |x~ - x*|^2 + c mean|e_i|^2 + (4F/alpha) mean|h_i - h_i*|^2 + (2/rho)(gamma^2 B/n + a' F B) s^2
 *   contracts by 1 - min(gamma mu/2, delta/4, alpha/2, rho/2) up to
 *   gamma^2 D1/n + a' F D1 (+ 2F mean|h_i*|^2 for the first) in a round; terms that a member does not have are left out.
 *   Outline: |x~+ - x*|^2 <= (1 - gamma mu/2)|x~ - x*|^2 - gamma (f - f*) + 3 L gamma |mean e|^2 + gamma^2 E|mean g_i|^2,
 *   E|e+|^2 <= (1 - delta/2)|e|^2 + (2 gamma^2/delta) E|g_i|^2, and the estimator's moments (core/contracts.ts).
 * State: e_i (and h_i) at worker i, h at the server; each h_i there too when workers may be resynced (O(nd)). A message
 *   that was not applied leaves e_i and h_i as they were.
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292; Stich and Karimireddy, arXiv 1909.05350. The
 *   constants are derived here.
 */
import type {
  Facts,
  Method,
  Part,
  Resolved,
  ServerEnv,
  ServerNode,
  Vec,
  WorkerEnv,
  WorkerNode,
} from "../core/contracts.ts";
import { GAMMA, inRange, iterate, max, smallestDelta, stepSize } from "./common.ts";
import { shiftCopies, welcomeWith } from "./shifted.ts";

export interface CompensatedOptions extends Resolved {
  /** 0 where no shift is learnt. */
  alpha: number;
}

type Way = "gradient" | "optimal" | "learnt";

interface Member extends Pick<Method, "name" | "summary" | "reference" | "promise"> {
  way: Way;
  /** The default; exact gradients where there is none. */
  estimator?: string;
  /** Whether `alpha` is delta/(1 + omega) for option 2. */
  choice?: true;
}

const factors: Readonly<Record<Way, readonly [value: number, text: string]>> = {
  gradient: [8 * Math.sqrt(3), "8 sqrt(3 L L_max)"],
  optimal: [4 * Math.sqrt(6), "4 sqrt(6 L L_max)"],
  learnt: [24, "24 sqrt(L L_max)"],
};

/** A member of the family. */
export function compensated(member: Member): Method<CompensatedOptions> {
  const { name, summary, reference, promise, way, estimator, choice } = member;
  const learnt = way === "learnt";
  return {
    name,
    summary,
    reference,
    promise,
    needs: {
      compressors: { gradient: "contractive", ...(learnt && { shift: "unbiased" as const }) },
      oracle: "gradient",
      ...(way === "optimal" && { optimum: true as const }),
    },
    ...(estimator && { estimator }),
    options: {
      gamma: GAMMA,
      ...(learnt && { alpha: "shift step size, in (0, 1/(1 + omega)]; default the largest" }),
      ...(choice && { option: "1 or 2: the default of alpha is 1/(1 + omega) or delta/(1 + omega); default 1" }),
    },
    resolve: (options, facts) => ({
      ...step(name, way, options.gamma, facts),
      alpha: learnt ? shiftStep(name, options, facts) : 0,
    }),
    worker: (env, options) => (learnt ? learningWorker(env, options) : steadyWorker(env, options, way === "optimal")),
    server: (env, options) => server(name, env, options, learnt),
  };
}

function step(name: string, way: Way, option: unknown, facts: Facts): Resolved {
  const { Lmax, n, estimator } = facts;
  const L = facts.exact?.L ?? facts.L;
  const [factor, text] = factors[way];
  const noise = estimator ? Lmax / n : 0;
  return stepSize(name, option, `min(1/(4${estimator ? "(L + L_max/n)" : "L"}), delta/(${text}))`, () =>
    Math.min(1 / (4 * (L + noise)), smallestDelta(name, facts, "gradient") / (factor * Math.sqrt(L * Lmax))),
  );
}

function shiftStep(name: string, options: Readonly<Record<string, unknown>>, facts: Facts): number {
  const largest = 1 / (1 + max(facts.omega("shift")));
  const { option = 1, alpha } = options;
  if (option !== 1 && option !== 2) throw new RangeError(`${name}: option must be 1 or 2, got ${option}`);
  const byDefault = option === 2 && alpha === undefined ? largest * smallestDelta(name, facts, "gradient") : largest;
  return inRange(`${name}: alpha`, alpha, byDefault, 0, largest);
}

/** e_i and the message that leaves it behind. */
function errorMemory({ ops, dim, codecs, state }: WorkerEnv, gamma: number) {
  const e = state.vec("e");
  const p = ops.vec(dim);
  let sent: Part;
  return {
    /** Sends C(e + gamma g). */
    put(g: Vec, up: Parameters<WorkerNode["reply"]>[2]): void {
      ops.combine(1, e, gamma, g, p);
      sent = up.put(codecs.gradient!, p);
    },
    /** e = p - v, v as the server decoded it. */
    keep(): void {
      ops.copy(p, e);
      sent.addTo(-1, e);
    },
  };
}

/** g_i = ^g_i, or ^g_i - h_i*. */
function steadyWorker(env: WorkerEnv, { gamma }: CompensatedOptions, optimal: boolean): WorkerNode {
  const { ops, dim, oracle } = env;
  const memory = errorMemory(env, gamma);
  const g = ops.vec(dim);
  const h = optimal ? ops.vec(dim) : undefined;
  if (h) oracle.gradient(env.optimum!, h);
  return {
    reply(_turn, down, up) {
      oracle.gradient(down.model(), g);
      if (h) ops.sub(g, h, g);
      memory.put(g, up);
    },
    settle(_turn, applied) {
      if (applied) memory.keep();
    },
    join() {}, // e_i is the worker's own: nothing at the server depends on it
  };
}

/** g_i = ^g_i - h_i + h. */
function learningWorker(env: WorkerEnv, { gamma, alpha }: CompensatedOptions): WorkerNode {
  const { ops, dim, oracle, codecs, state } = env;
  const memory = errorMemory(env, gamma);
  const h = state.vec("h");
  const u = ops.vec(dim);
  const g = ops.vec(dim);
  let change: Part;
  return {
    reply(_turn, down, up) {
      oracle.gradient(down.model(), u);
      ops.sub(u, h, u);
      ops.combine(1, u, 1, down.dense(), g);
      memory.put(g, up);
      change = up.put(codecs.shift!, u);
    },
    settle(_turn, applied) {
      if (!applied) return;
      memory.keep();
      change.addTo(alpha, h);
    },
    join: (down) => ops.copy(down.dense(), h),
  };
}

function server(name: string, env: ServerEnv, { alpha }: CompensatedOptions, learnt: boolean): ServerNode {
  const { ops, dim, codecs, n, state } = env;
  const x = iterate(env);
  const sum = ops.vec(dim);
  const h = learnt ? state.vec("h") : undefined;
  const changes = learnt ? ops.vec(dim) : undefined;
  const copies = learnt ? shiftCopies(env) : undefined;
  return {
    x,
    open(_turn, down) {
      ops.fill(0, sum);
      down.model(x);
      if (!h) return;
      ops.fill(0, changes!);
      down.dense(h);
    },
    receive(_turn, worker, up) {
      const { gradient, shift } = codecs[worker]!;
      up.addTo(gradient!, 1, sum);
      if (!h) return;
      if (copies) up.addTo(shift!, alpha, copies[worker]!);
      else up.addTo(shift!, 1, changes!);
    },
    close() {
      ops.axpy(-1 / n, sum, x); // of all n, whoever answered: else x - mean e_i would jump
      if (copies) {
        ops.fill(0, h!); // the mean itself: no rounding errors pile up
        for (let i = 0; i < n; ++i) ops.axpy(1 / n, copies[i]!, h!);
      } else if (h) ops.axpy(alpha / n, changes!, h);
      return true;
    },
    welcome: learnt ? welcomeWith(name, copies) : () => {},
  };
}
