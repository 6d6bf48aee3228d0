/**
 * The frame of DCGD-SHIFT, shared by its members: worker i sends C_i and Q_i messages of grad f_i(x) - h_i, the server
 * steps along h + mean(c_i + m_i). A member says where h_i comes from and how both ends move it.
 *
 *   u_i = grad f_i(x) - h_i;  c_i = C_i(u_i);  m_i = Q_i(u_i - c_i);  x <- prox_{gamma psi}(x - gamma (h + mean(c_i + m_i)))
 *
 * With psi, h_i* = grad f_i(x*) at the minimiser x* of f + psi; steps and promises are those without, since x* is a fixed point of
 * x -> prox_{gamma psi}(x - gamma grad f(x)) and the operator is non-expansive. Where a part of the workers takes part, the mean
 * is over those that did and omega counts the sampling (run/sampling.ts).
 *
 * Source: Shulgin and Richtarik, Shifted Compression Framework, Algorithm 1.
 */
import type {
  Part,
  Reader,
  ServerEnv,
  ServerNode,
  Slots,
  Vec,
  WorkerEnv,
  WorkerNode,
  Writer,
} from "../core/contracts.ts";
import { iterate } from "./common.ts";

/** c = C(u), m = Q(u - c): one part, or two where the slot `shift` holds a C. */
export interface Sender {
  /** u is overwritten by u - c when there is a C. */
  put(u: Vec, up: Writer): void;
  /** acc += scale (c + m), the numbers that the server adds. */
  addTo(scale: number, acc: Vec): void;
}

export function inducedSender({ gradient, shift }: Slots): Sender {
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
export function receiveInduced(up: Reader, { gradient, shift }: Slots, acc: Vec): void {
  if (shift) up.addTo(shift, 1, acc);
  up.addTo(gradient!, 1, acc);
}

/** Where a worker's shift comes from. */
export interface WorkerShift {
  /** h_i; absent: always zero. */
  readonly h?: Vec;
  /** Before the message: sees u = grad f_i(x) - h_i, may send a part of its own and change u. */
  announce?(u: Vec, up: Writer): void;
  /** After the message. */
  append?(up: Writer): void;
  /** Moves h_i once the server has applied the message. */
  move?(sent: Sender): void;
  join?(down: Reader): void;
}

export function shiftedWorker({ ops, dim, oracle, codecs }: WorkerEnv, shift: WorkerShift): WorkerNode {
  const u = ops.vec(dim);
  const sender = inducedSender(codecs);
  const { h, announce, append, move } = shift;
  return {
    reply(_turn, down, up) {
      oracle.gradient(down.model(), u);
      if (h) ops.sub(u, h, u);
      announce?.(u, up);
      sender.put(u, up);
      append?.(up);
    },
    settle(_turn, applied) {
      if (applied) move?.(sender);
    },
    join(down) {
      shift.join?.(down);
    },
  };
}

/** The server's side of a shift. */
export interface ServerShift {
  /** h, the mean of the h_i; absent: always zero. */
  readonly h?: Vec;
  /** Reads what `announce` sent. */
  heard?(worker: number, up: Reader): void;
  /** Reads what `append` sent. */
  tail?(worker: number, up: Reader): void;
  /** Takes one worker's c + m (already in `m`, the sum over workers) for a copy of its h_i. */
  each?(worker: number, message: Vec): void;
  /** Moves h after the step; m = the sum of c_i + m_i. */
  move?(m: Vec): void;
  welcome?: ServerNode["welcome"];
}

/** @param nu how much of mean(c_i + m_i) the step takes */
export function shiftedServer(env: ServerEnv, gamma: number, shift: ServerShift, nu = 1): ServerNode {
  const { ops, dim, codecs, prox } = env;
  const x = iterate(env);
  const m = ops.vec(dim);
  const { h, heard, tail, each, move } = shift;
  const one = each ? ops.vec(dim) : m;
  return {
    x,
    open(_turn, down) {
      ops.fill(0, m);
      down.model(x);
    },
    receive(_turn, worker, up) {
      heard?.(worker, up);
      if (each) ops.fill(0, one);
      receiveInduced(up, codecs[worker]!, one);
      tail?.(worker, up);
      if (!each) return;
      each(worker, one);
      ops.axpy(1, one, m);
    },
    close(_turn, answered) {
      if (h) ops.axpy(-gamma, h, x);
      ops.axpy((-gamma * nu) / answered.length, m, x);
      prox?.apply(gamma, x);
      move?.(m);
      return true;
    },
    welcome(worker, down) {
      shift.welcome?.(worker, down);
    },
  };
}

/** Each worker's h_i at the server, where workers may be resynced: O(nd). */
export function shiftCopies(env: ServerEnv): Vec[] | undefined {
  return env.resync ? env.codecs.map((_, i) => env.state.vec(`h ${i}`)) : undefined;
}

/** Welcomes a worker with its h_i. */
export function welcomeWith(method: string, copies: Vec[] | undefined): ServerNode["welcome"] {
  return (worker, down) => {
    if (!copies)
      throw new RangeError(`${method}: a worker can be resynced only when the run keeps every h_i ("resync": true)`);
    down.dense(copies[worker]!);
  };
}
