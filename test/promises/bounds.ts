/** Bounds of |x - x*|^2 at the plateau, as the headers of the methods derive them. */
import type { CompensatedOptions } from "../../src/methods/compensated.ts";
import type { DianaOptions } from "../../src/methods/diana.ts";
import type { DelayedOptions } from "../../src/methods/variant.ts";
import { differences, spread } from "../methods/measures.ts";
import type { Run } from "../run/harness.ts";
import { rows } from "./problems.ts";

/** Least contraction of the compressors in slot `gradient`. */
const delta = ({ facts }: Run): number => Math.min(...facts.delta("gradient"));
const omega = ({ facts }: Run): number => Math.max(...facts.omega("gradient"));

/** D1 = 2 E|^g_i - grad f_i|^2 at x* of the run's estimator on `rows`; 0 for those with memory and for exact gradients. */
function noise({ facts }: Run): number {
  const { name, moments } = facts.estimator ?? {};
  return name === undefined || moments![0]!.B > 0 ? 0 : 2 * spread(rows.make(), name === "mini-batch");
}

/** E|g|^2 <= 2A (f - f*) + ... + D for g = mean ^g_i, mean Q_i(^g_i), or DIANA's: this is D (src/methods/variant.ts). */
export const sources = {
  sgd: (run: Run): number => noise(run) / run.n,
  /** E|Q(^g_i)|^2 <= |mean ^g_i|^2 + (omega/n) mean|^g_i|^2, |^g_i|^2 <= 2|^g_i - h_i*|^2 + 2|h_i*|^2. */
  compressed: (run: Run): number =>
    noise(run) / run.n + (omega(run) / run.n) * (2 * noise(run) + 2 * differences(rows.make())),
  /** The same with |^g_i - h_i*|^2 <= 2|^g_i - ^g_i(x*)|^2 + 2|^g_i(x*) - h_i*|^2 at once (src/methods/dqgd.ts). */
  quantised: (run: Run): number => ((1 + omega(run)) * noise(run) + 2 * omega(run) * differences(rows.make())) / run.n,
  /** (1 + 2 omega)/n of D1 itself, and alpha M D1 through the shifts, M = 4 omega/(n alpha). */
  diana: (run: Run): number => ((1 + 6 * omega(run)) * noise(run)) / run.n,
};

/** x <- x - gamma g: gamma D/mu. */
export const steady = (source: (run: Run) => number) => (run: Run) => (run.options.gamma * source(run)) / run.facts.mu;

/**
 * The same tau rounds late: V ends below (gamma^2 + 6 L gamma^3 tau^2) D/rate, and with c = 6 L gamma it holds |x~ - x*|^2 + c |e|^2
 * <= V, as |e|^2 <= gamma^2 tau (sum of the last tau |g|^2). Hence |x - x*|^2 <= (|x~ - x*| + |e|)^2 <= (1 + 1/c) V.
 */
export const late = (source: (run: Run) => number) => (run: Run) => {
  const { gamma, tau, alpha } = run.options as DelayedOptions & Partial<DianaOptions>;
  const { L, mu } = run.facts.exact ?? run.facts;
  const { B = 0, rho = 1 } = run.facts.estimator?.moments[0] ?? {};
  const rates = [(gamma * mu) / 2, 1 / (2 * tau)];
  if (alpha !== undefined) rates.push(alpha / 4);
  if (B > 0) rates.push(rho / 4);
  const V = ((gamma ** 2 + 6 * L * gamma ** 3 * tau ** 2) * source(run)) / Math.min(...rates);
  return (1 + 1 / (6 * L * gamma)) * V;
};

/**
 * Error compensation (src/methods/compensated.ts): |x~ - x*|^2 + c |mean e|^2 <= V, hence |x - x*|^2 <= (1 + 1/c) V. Loose by 1e3 to
 * 3e4 on these problems: where workers differ, their errors nearly cancel in the mean, which the bound of mean|e_i|^2 cannot see.
 */
export const compensated = (way: "gradient" | "learnt", zeta: number) => (run: Run) => {
  const { gamma, alpha } = run.options as CompensatedOptions;
  const { L, mu } = run.facts.exact ?? run.facts;
  const { B = 0, rho = 1 } = run.facts.estimator?.moments[0] ?? {};
  const d = delta(run);
  const F = (24 * L * gamma ** 3) / d ** 2;
  const rates = [(gamma * mu) / 2, d / 4];
  if (way === "learnt") rates.push(alpha / 2);
  if (B > 0) rates.push(rho / 2);
  const weight = way === "learnt" ? 6 : 2;
  const D1 = noise(run);
  const each = (gamma ** 2 * D1) / run.n + weight * F * D1 + (way === "gradient" ? 2 * F * zeta : 0);
  const c = (12 * L * gamma) / d;
  return ((1 + 1 / c) * each) / Math.min(...rates);
};
