/**
 * The frame of methods whose messages are integers that anyone on the way can add (IntSGD): all workers round with one scale
 * alpha_k, which the server computes from its own steps and broadcasts.
 *
 *   q_i = alpha u_i rounded at random to integers, u_i = grad f_i(x) - h_i;  x <- x - gamma (h + (1/(n alpha)) sum q_i)
 *   r <- beta r + (1 - beta)|x+ - x|^2;  alpha = sqrt(d)/sqrt(2 n r/gamma^2 + epsilon^2)
 *   h_i = 0 (intsgd), or h_i += q_i/alpha, h += (1/(n alpha)) sum q_i (intdiana)
 *
 * In the first round nothing has moved: every grad f_i(x^0) goes as it is, and becomes h_i^1 in intdiana.
 * Assumptions: f mu-strongly convex and L-smooth; of the f_i nothing, as long as no integer is cut off at the limit
 *   (2^(bits-1) - 1)/n that keeps sums from wrapping.
 * Step size: gamma <= 1/(3L).
 * Promise: V = |x - x*|^2 + (2/(1 - beta)) r: E V^k <= (1 - c)^k V^0 + 3 gamma^2 epsilon^2/(4 n c), c = min(gamma mu, (1 - beta)/4):
 *   linear to an error of the order of epsilon^2.
 *   Outline: q_i/alpha is unbiased with error at most d/(4 alpha^2), independent over workers: the step's noise xi has
 *   gamma^2 E|xi|^2 <= gamma^2 d/(4 n alpha^2) = r/2 + gamma^2 epsilon^2/(4n). |x+ - x*|^2 and (2/(1 - beta)) r+ take
 *   gamma^2(|grad f|^2 + E|xi|^2) 1 + 2 = 3 times; 3 gamma^2 |grad f|^2 <= 6 gamma^2 L (f - f*) is paid by -2 gamma (f - f*),
 *   and (2/(1 - beta)) beta r + (3/2) r = (2/(1 - beta))(1 - (1 - beta)/4) r. With estimates L is their smoothness, and V^k ends 3 gamma^2 D1/c higher.
 * Size of the integers: alpha ~ 1/|x+ - x| grows without bound, and alpha grad f_i(x) with it unless grad f_i(x*) = 0. Differences
 *   stay small: |q_ij| <= 1 + 1/sqrt(beta) + gamma L_i sqrt(d/(2n(1 - beta))) in intdiana with exact gradients, from
 *   |u_i|_max <= L_i |x+ - x| + 1/alpha_{k-1}, r_k >= (1 - beta)|x+ - x|^2 and r_{k-1}/r_k <= 1/beta.
 * Uplink: bits d (a dense vector in the first round). Downlink: x and alpha.
 * State: x, r, alpha (and h) at the server; h_i at worker i, each h_i at the server too when workers may be resynced (O(nd)).
 * Source: Mishchenko, Wang, Kovalev and Richtarik, IntSGD, arXiv 2102.08374; constants derived here.
 */
import { adaptiveScale, integerCodec } from "../compressors/integer.ts";
import type {
  Compressor,
  Facts,
  Method,
  Ops,
  Part,
  Resolved,
  ServerEnv,
  ServerNode,
  WorkerEnv,
  WorkerNode,
} from "../core/contracts.ts";
import { GAMMA, inRange, iterate, stepSize } from "./common.ts";
import { shiftCopies, welcomeWith } from "./shifted.ts";

export interface IntegerMethodOptions extends Resolved {
  bits: number;
  beta: number;
  epsilon: number;
}

const integerOptions = {
  gamma: GAMMA,
  bits: "of an integer: 8, 16 or 32; default 32",
  beta: "weight of the past in the average of squared steps, in (0, 1); default 0.9",
  epsilon:
    "least error of a message in units of a gradient: alpha stays below sqrt(d)/epsilon, in (0, 1]; default 1e-8",
};

interface Member extends Pick<Method, "name" | "summary" | "reference"> {
  /** Whether h_i follows the gradients; else it is 0. */
  learnt: boolean;
}

/** A member of the family. */
export function integerMethod({ learnt, ...member }: Member): Method<IntegerMethodOptions> {
  const { name } = member;
  return {
    ...member,
    promise: "linear",
    needs: { compressors: {}, oracle: "gradient" },
    options: integerOptions,
    resolve: (options, facts) => resolveIntegers(name, options, facts),
    worker: (env, options) => integerWorker(name, env, options, learnt),
    server: (env, options) => integerServer(name, env, options, learnt),
  };
}

function resolveIntegers(
  method: string,
  { gamma, bits = 32, beta, epsilon }: Readonly<Record<string, unknown>>,
  { L }: Facts,
): IntegerMethodOptions {
  if (bits !== 8 && bits !== 16 && bits !== 32) {
    throw new RangeError(`${method}: bits must be 8, 16 or 32, got ${bits}`);
  }
  return {
    ...stepSize(method, gamma, "1/(3 L)", () => 1 / (3 * L)),
    bits,
    beta: inRange(`${method}: beta`, beta, 0.9, 0, 1 - 1e-9),
    epsilon: inRange(`${method}: epsilon`, epsilon, 1e-8, 0, 1),
  };
}

/** The codec of one node, and the scale that it uses. */
class Scaled {
  alpha = 0;
  readonly codec: Compressor;

  constructor(method: string, ops: Ops, dim: number, workers: number, bits: number) {
    const settings = { bits, workers, mode: "stochastic" } as const;
    this.codec = integerCodec(method, ops, dim, settings, () => this.alpha);
  }
}

function integerWorker(
  method: string,
  { ops, dim, n, oracle, state }: WorkerEnv,
  { bits }: IntegerMethodOptions,
  learnt: boolean,
): WorkerNode {
  const scaled = new Scaled(method, ops, dim, n, bits);
  const u = ops.vec(dim);
  const h = learnt ? state.vec("h") : undefined;
  let sent: Part | undefined;
  return {
    reply(_turn, down, up) {
      oracle.gradient(down.model(), u);
      if (!down.more) {
        sent = undefined;
        up.dense(u);
        return;
      }
      scaled.alpha = down.scalar();
      if (h) ops.sub(u, h, u);
      sent = up.put(scaled.codec, u);
    },
    settle(_turn, applied) {
      if (!applied || !h) return;
      if (sent) sent.addTo(1, h);
      else ops.copy(u, h);
    },
    join(down) {
      if (h) ops.copy(down.dense(), h);
    },
  };
}

function integerServer(
  method: string,
  env: ServerEnv,
  { gamma, bits, beta, epsilon }: IntegerMethodOptions,
  learnt: boolean,
): ServerNode {
  const { ops, dim, n, state } = env;
  const x = iterate(env);
  const h = learnt ? state.vec("h") : undefined;
  const [sum, step] = [ops.vec(dim), ops.vec(dim)];
  /** 0: nothing has moved yet. */
  const alpha = state.scalar("alpha");
  const moved = state.scalar("r");
  const scaled = new Scaled(method, ops, dim, n, bits);
  const copies = learnt ? shiftCopies(env) : undefined;
  const one = copies ? ops.vec(dim) : sum;
  return {
    x,
    open(_turn, down) {
      ops.fill(0, sum);
      down.model(x);
      if (alpha.value > 0) down.scalar(alpha.value);
    },
    receive(_turn, worker, up) {
      if (copies) ops.fill(0, one);
      scaled.alpha = alpha.value;
      if (alpha.value > 0)
        up.addTo(scaled.codec, alpha.value, one); // whole numbers: alpha/alpha = 1
      else ops.axpy(1, up.dense(), one);
      if (!copies) return;
      ops.axpy(alpha.value > 0 ? 1 / alpha.value : 1, one, copies[worker]!);
      ops.axpy(1, one, sum);
    },
    close(_turn, answered) {
      const unit = alpha.value > 0 ? 1 / alpha.value : 1;
      ops.fill(0, step);
      if (h) ops.axpy(-gamma, h, step);
      ops.axpy((-gamma * unit) / answered.length, sum, step);
      ops.axpy(1, step, x);
      if (h) ops.axpy(unit / n, sum, h); // workers that did not answer did not move theirs
      const movement = ops.squares(step);
      const next = adaptiveScale({ dim, workers: n, gamma, previous: moved.value, movement, beta, epsilon });
      moved.value = next.r;
      alpha.value = next.alpha;
      return true;
    },
    welcome: learnt ? welcomeWith(method, copies) : () => {},
  };
}
