/**
 * The frame of fixed point methods with compressed iterates: worker i sends Q_i(T_i(x)), or
 * Q_i(T_i(x) - h_i) with a learnt h_i, and the server averages. Members say what T_i is, and how eta follows.
 *
 *   d_i = Q_i(T_i(x) - h_i);  x <- (1 - eta) x + eta (h + mean d_i);  h_i += alpha d_i;  h += alpha mean d_i
 *
 * Without alpha h_i = 0.
 *
 * Source: Chraibi et al., arXiv 1912.09925; shifts: Shulgin and Richtarik, Theorem 6.
 */
import type { Part, ServerEnv, ServerNode, WorkerEnv, WorkerNode } from "../core/contracts.ts";
import { iterate } from "./common.ts";
import type { FixedPointMap } from "./fixed-point-maps.ts";
import { shiftCopies, welcomeWith } from "./shifted.ts";

/** `alpha` for learnt shifts. */
export function fixedPointWorker(env: WorkerEnv, T: FixedPointMap, alpha?: number): WorkerNode {
  const { ops, dim, codecs, state } = env;
  const t = ops.vec(dim);
  if (alpha === undefined) {
    return {
      reply(_turn, down, up) {
        T(down.model(), t);
        up.put(codecs.gradient!, t);
      },
    };
  }
  const h = state.vec("h");
  let sent: Part;
  return {
    reply(_turn, down, up) {
      T(down.model(), t);
      ops.sub(t, h, t);
      sent = up.put(codecs.gradient!, t);
    },
    settle(_turn, applied) {
      if (applied) sent.addTo(alpha, h);
    },
    join: (down) => ops.copy(down.dense(), h),
  };
}

export function fixedPointServer(env: ServerEnv, method: string, eta: number, alpha?: number): ServerNode {
  const { ops, dim, codecs, n } = env;
  const x = iterate(env);
  const sum = ops.vec(dim);
  const open: ServerNode["open"] = (_turn, down) => {
    ops.fill(0, sum);
    down.model(x);
  };
  if (alpha === undefined) {
    return {
      x,
      open,
      receive: (_turn, worker, up) => up.addTo(codecs[worker]!.gradient!, 1, sum),
      close(_turn, answered) {
        ops.combine(1 - eta, x, eta / answered.length, sum, x);
        return true;
      },
      welcome() {}, // workers keep nothing
    };
  }
  const h = env.state.vec("h");
  const one = ops.vec(dim);
  const copies = shiftCopies(env);
  return {
    x,
    open,
    receive(_turn, worker, up) {
      ops.fill(0, one);
      up.addTo(codecs[worker]!.gradient!, 1, one);
      ops.axpy(1, one, sum);
      if (copies) ops.axpy(alpha, one, copies[worker]!);
    },
    close(_turn, answered) {
      ops.combine(1 - eta, x, eta, h, x);
      ops.axpy(eta / answered.length, sum, x);
      ops.axpy(alpha / n, sum, h);
      return true;
    },
    welcome: welcomeWith(method, copies),
  };
}
