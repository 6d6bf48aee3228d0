/**
 * DIANAsr-DQ: DIANA with gradients of an arbitrary sampling and double quantisation: the server's step is a message as well.
 *
 *   m_i = Q_i(^g_i - h_i);  g = h + mean m_i;  x <- x + Q(-gamma g);  h_i += alpha m_i;  h += alpha mean m_i
 *
 * The server quantises the whole step, h included, and all nodes make it: as g goes to grad f(x*) = 0, so does the
 *   error of Q, at most omega_s |gamma g|^2. (Q of mean m_i alone would vanish too, but h would have to be sent; Q of x
 *   would not vanish.)
 * Assumptions: those of diana, Q in U(omega_s) in slot `step`, no psi: grad f(x*) = 0 is what makes the error vanish.
 * Step sizes: alpha as in diana; gamma <= diana's/(1 + omega_s).
 *   Outline: given g, E Q(-gamma g) = -gamma g and E|Q(-gamma g)|^2 <= (1 + omega_s) gamma^2 |g|^2. In diana's proof
 *   E|g|^2 <= 2A D + B s^2 + D1 with s^2 = mean|h_i - h_i*|^2: all three constants grow by 1 + omega_s, and diana's
 *   gamma <= 1/(A + C M), M = 2B/rho, falls by it.
 * Promise: V = |x - x*|^2 + (1 + omega_s) M gamma^2 mean|h_i - h_i*|^2, M of diana, c = min(gamma mu, alpha/2):
 *   E V^k <= (1 - c)^k V^0 + (1 + omega_s)(1 + 6 omega) gamma^2 D1/(n c), D1 = 2 sigma^2 of the estimator:
 *   linear to x* with exact gradients and estimators with memory, else to a neighbourhood.
 * Uplink: as diana. Downlink: x^0, then a message of the slot `step`.
 * State: diana's, and x at every worker (tracked.ts).
 * Source: Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292 (DIANAsr-DQ); constants derived here.
 */
import type { Method, Reader, ServerEnv, ServerNode, WorkerEnv, WorkerNode, Writer } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { max, stepSize } from "./common.ts";
import { type DianaOptions, diana } from "./diana.ts";
import { TrackedModel, TrackedServer } from "./tracked.ts";

export const dianasrDq: Method<DianaOptions> = {
  name: "dianasr-dq",
  summary: "DIANA with importance sampling whose steps are quantized on their way down",
  reference: "Gorbunov, Kovalev, Makarenko and Richtarik, arXiv 2010.12292",
  promise: "neighbourhood",
  estimator: "importance",
  needs: { ...diana.needs, compressors: { ...diana.needs.compressors, step: "unbiased" } },
  options: diana.options,

  resolve({ gamma, ...rest }, facts) {
    const base = diana.resolve(rest, facts);
    const growth = (): number => 1 + max(facts.omega("step"));
    return {
      ...base,
      ...stepSize("dianasr-dq", gamma, `(${base.formula})/(1 + omega_s)`, () => base.gamma / growth()),
    };
  },
  worker,
  server,
};

function worker(env: WorkerEnv, options: DianaOptions): WorkerNode {
  const node = diana.worker!(env, options);
  const tracked = new TrackedModel(env, env.codecs.step!, 1);
  const nothing = (): never => {
    throw new WireError("truncated", "dianasr-dq: the broadcast holds a step and nothing else");
  };
  const down: Reader = { more: false, model: () => tracked.x, addTo: nothing, dense: nothing, scalar: nothing };
  return {
    ...node,
    reply(turn, broadcast, up) {
      tracked.read(turn, broadcast);
      node.reply(turn, down, up);
    },
    join(welcome) {
      tracked.join(welcome);
      node.join!(welcome);
    },
  };
}

function server(env: ServerEnv, options: DianaOptions): ServerNode {
  const { ops, dim, rng } = env;
  const codec = env.codecs[0]!.step!;
  const node = diana.server!(env, options);
  const tracked = new TrackedServer(env, codec, 1);
  const { x } = tracked; // diana's own
  const [before, step] = [ops.vec(dim), ops.vec(dim)];
  const nothing = (): never => {
    throw new TypeError("dianasr-dq: the server broadcasts a step and nothing else");
  };
  const silent: Writer = { model() {}, dense: nothing, put: nothing, scalar: nothing, sendAt: nothing };
  return {
    ...node,
    open(turn, down) {
      node.open(turn, silent);
      tracked.open(turn, down);
    },
    close(turn, answered) {
      ops.copy(x, before);
      ops.fill(0, x); // diana's step from 0 is the step itself, without the rounding of x
      node.close(turn, answered);
      ops.copy(x, step);
      ops.copy(before, x);
      tracked.step(codec.encode(step, rng, tracked.payload));
      return true;
    },
    welcome(worker, down) {
      tracked.welcome(down);
      node.welcome(worker, down);
    },
  };
}
