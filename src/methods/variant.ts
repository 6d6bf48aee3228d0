/**
 * Methods that are others with an estimator of their own, or with a step that comes late.
 *
 * Estimates (`variant`): x <- x - gamma g with g = mean ^g_i or what the base makes of the ^g_i, E|g|^2 <= 2A(f - f*) + B s^2 + D1.
 *   The base's step size for functions with the smoothness of the estimator (core/contracts.ts) is safe: the moments of
 *   the ^g_i take the place of |grad f_i(x) - grad f_i(x*)|^2 <= 2 L_i D_i in its proof.
 *
 * Delay (`delayed`): x^{k+1} = x^k - gamma g^{k-tau}, g^t made at x^t in the base's way, g^t = 0 for t < 0. Shifts move when they
 *   are computed. It is error compensation with e^k = gamma (g^{k-tau} + ... + g^{k-1}).
 *   Step size: with gamma_0 the base's and L that of f: gamma <= min(gamma_0/4, sqrt(gamma_0/(24 L))/tau).
 *   Promise: with x~ = x - e, V = |x~ - x*|^2 + 6 L gamma^3 tau sum_{j=1..tau} (tau - j + 1)|g^{k-j}|^2 + the base's terms
 *   contracts by 1 - min(gamma mu/2, 1/(2 tau), half the base's rates for its memory), up to (gamma^2 + 6 L gamma^3 tau^2) D1
 *   in a round.
 *   Outline: |x~+ - x*|^2 <= (1 - gamma mu/2)|x~ - x*|^2 - gamma (f - f*) + 3 L gamma |e|^2 + gamma^2 E|g|^2, |e|^2 <= gamma^2 tau
 *   (sum of the last tau |g|^2), and (gamma^2 + 6 L gamma^3 tau^2)/gamma_0 <= gamma/2.
 *   State: the last tau steps at the server.
 * Source: Gorbunov, Hanzely and Richtarik, arXiv 1905.11261; delays: Gorbunov, Kovalev, Makarenko and Richtarik,
 *   arXiv 2010.12292. The constants for delays are derived here.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Facts, Method, Resolved, ServerEnv, ServerNode } from "../core/contracts.ts";
import { stepSize } from "./common.ts";

type Options = Readonly<Record<string, unknown>>;

interface Member extends Pick<Method, "name" | "summary" | "reference" | "promise"> {
  estimator?: string;
}

export interface DelayedOptions extends Resolved {
  tau: number;
}

/** `base` with an estimator of its own. */
export function variant<O extends Resolved>(base: Method<O>, member: Member): Method<O> {
  return { ...base, ...member, resolve: (options, facts) => resolve(base, member.name, options, facts) };
}

/** `base` (or a variant of it) whose steps come `tau` rounds late. */
export function delayed<O extends Resolved>(base: Method<O>, member: Member): Method<O & DelayedOptions> {
  const { name } = member;
  return {
    ...base,
    ...member,
    // the bound on x~ - x has neither a proximal step nor a compressed broadcast
    covers: (base.covers ?? []).filter((extra) => extra === "aggregator"),
    options: { ...base.options, tau: "delay in rounds, an integer >= 0; default 1" },
    resolve(options, facts) {
      const { tau = 1, ...rest } = options;
      if (typeof tau !== "number" || !Number.isInteger(tau) || tau < 0 || tau > 1e6) {
        throw new RangeError(`${name}: tau must be an integer in 0..1000000, got ${tau}`);
      }
      const L = facts.exact?.L ?? facts.L;
      const late: Late = {
        text: (formula) => `min(gamma_0/4, sqrt(gamma_0/(24 L))/${tau}), gamma_0 = ${formula}`,
        value: (gamma) => Math.min(gamma / 4, Math.sqrt(gamma / (24 * L)) / tau),
      };
      return { ...resolve(base, name, rest, facts, tau > 0 ? late : undefined), tau };
    },
    server: (env, options) => lateServer(env, base.server!(env, options), options.tau),
  };
}

interface Late {
  text(formula: string): string;
  value(gamma: number): number;
}

/** The base's options, with a step size under the member's own name. */
function resolve<O extends Resolved>(base: Method<O>, name: string, options: Options, facts: Facts, late?: Late): O {
  const { gamma, ...rest } = options;
  const others = base.resolve({ ...rest, gamma: 1 }, facts);
  if (typeof gamma === "number") return { ...others, ...stepSize(name, gamma, "", () => gamma) };
  const theory = base.resolve(rest, facts);
  const text = late ? late.text(theory.formula) : theory.formula;
  return { ...others, ...stepSize(name, gamma, text, () => (late ? late.value(theory.gamma) : theory.gamma)) };
}

/** Holds the step of a round back for tau rounds. */
function lateServer(env: ServerEnv, node: ServerNode, tau: number): ServerNode {
  if (tau === 0) return node;
  const { ops, dim, state } = env;
  const { x } = node;
  const before = ops.vec(dim);
  const line = state.vec("late steps", tau * dim);
  const next = state.scalar("next late step");
  const step = ops.vec(dim); // pointed into the line
  const stride = dim * elementBytes(ops.dtype);
  return {
    ...node,
    close(turn, answered) {
      ops.copy(x, before);
      if (!node.close(turn, answered)) return false;
      step.at(line.ptr + next.value * stride);
      ops.sub(x, before, x); // this round's step
      ops.axpy(1, step, before);
      ops.copy(x, step);
      ops.copy(before, x);
      next.value = (next.value + 1) % tau;
      return true;
    },
  };
}
