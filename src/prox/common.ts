/** What the terms psi share: all are sums of functions of one entry, given by that function. */
import type { Prox, Vec } from "../core/contracts.ts";

/** One psi: one file, one registry line, one test. */
export interface ProxFactory {
  /** As the literature writes it, kebab-case. */
  readonly name: string;
  readonly summary: string;
  readonly reference: string;
  /** Options with one line each: meaning, range, default. */
  readonly options: Readonly<Record<string, string>>;
  /** @throws RangeError for options out of range */
  create(options: Readonly<Record<string, unknown>>): SeparableProx;
}

/** psi(x) = sum of phi(x_j). */
export interface SeparableProx extends Prox {
  /** out_j = the derivative of v -> prox_{gamma phi}(v) at v = x_j (one of its limits at a kink), in [0, 1]. */
  slope(gamma: number, x: Vec, out: Vec): void;
}

export interface EntryProx {
  /** argmin_y phi(y) + (y - v)^2/(2 gamma). NaN for NaN: a run that has diverged must not look well. */
  apply(gamma: number, v: number): number;
  slope(gamma: number, v: number): number;
  value(v: number): number;
}

/** psi from phi. */
export function separable(spec: string, phi: EntryProx): SeparableProx {
  return {
    spec,
    apply(gamma, { view }) {
      for (let j = 0; j < view.length; ++j) view[j] = phi.apply(gamma, view[j]!);
    },
    slope(gamma, { view }, out) {
      const to = out.view;
      for (let j = 0; j < view.length; ++j) to[j] = phi.slope(gamma, view[j]!);
    },
    value({ view }) {
      let sum = 0;
      for (let j = 0; j < view.length; ++j) sum += phi.value(view[j]!);
      return sum;
    },
  };
}

/** A number >= 0 from the option `lambda`. @throws RangeError */
export function weight(name: string, lambda: unknown): number {
  if (typeof lambda === "number" && lambda >= 0 && Number.isFinite(lambda)) return lambda;
  throw new RangeError(`${name}: lambda must be a number >= 0, got ${JSON.stringify(lambda)}`);
}
