/** What methods share: step-size options and checks of ranges. */
import type { Constants, Facts, Resolved, ServerEnv, StepSize, Vec } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";

export const GAMMA = 'step size: a number, "theory" or {"theory": factor}; default "theory"';

/** How often (omega/n) L_max counts in the step of methods whose shifts learn: 1 + c + 2(1 + 1/c) at c = sqrt 2 (sega.ts). */
export const LEARNT = 3 + 2 * Math.SQRT2;

/** gamma from the option `gamma` and theory's value, asked for only then, with the formula behind it. */
export function stepSize(method: string, option: unknown, formula: string, theory: () => number): Resolved {
  const given = (option ?? "theory") as StepSize;
  if (typeof given === "number") {
    if (!(given > 0 && Number.isFinite(given))) throw new RangeError(`${method}: gamma must be positive, got ${given}`);
    return { gamma: given, formula: "given" };
  }
  const factor = given === "theory" ? 1 : given?.theory;
  if (typeof factor !== "number" || !(factor > 0 && Number.isFinite(factor))) {
    throw new RangeError(
      `${method}: gamma must be a number, "theory" or {"theory": factor}, got ${JSON.stringify(given)}`,
    );
  }
  const value = theory();
  if (!(value > 0 && Number.isFinite(value))) {
    throw new RangeError(`${method}: theory gives no step size here (${formula} = ${value}); give gamma as a number`);
  }
  return { gamma: factor * value, formula: factor === 1 ? formula : `${factor} x ${formula}` };
}

/**
 * As `stepSize`, for proofs in which gradients change by L_i|x+ - x|, which estimates do not.
 * @throws UsageError when theory's value is asked for where workers estimate their gradients
 */
export function exactStep(
  method: string,
  option: unknown,
  facts: Pick<Facts, "estimator">,
  formula: string,
  theory: () => number,
): Resolved {
  return stepSize(method, option, formula, () => {
    const name = facts.estimator?.name ?? "full";
    if (name === "full") return theory();
    throw new UsageError(`${method}: theory's step size is of exact gradients; with estimator ${name} give gamma`);
  });
}

/** A number from an option in (low, high], or its default. @throws RangeError */
export function inRange(subject: string, option: unknown, byDefault: number, low: number, high: number): number {
  const value = option ?? byDefault;
  if (typeof value !== "number" || !(value > low && value <= high)) {
    throw new RangeError(`${subject} must be in (${low}, ${high}], got ${value}`);
  }
  return value;
}

export const max = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

/** max_i a_i b_i. */
export const maxProduct = (a: readonly number[], b: readonly number[]): number =>
  max(a.map((value, i) => value * b[i]!));

/**
 * omega_i (1 - delta_i), the variance of C_i + Q_i(u - C_i) (induced compression): omega_i when the slot `inner` is left out. Of
 * a C_i that is not contractive E|C_i(u) - u|^2 <= (eta^2 + variance)|u|^2 takes the place of 1 - delta_i: omega of an unbiased
 * one. Partial participation does to it what it does to omega_i.
 * @throws UsageError for a C_i of which no such bound is proven
 */
export function inducedOmega(facts: Facts, outer: string, inner: string): readonly number[] {
  const left = facts.constants(inner).map((constants) => errorLeft(inner, constants));
  const { spread } = facts;
  return facts.omega(outer).map((omega, i) => (omega - spread) * (left[i] ?? 1) + spread);
}

function errorLeft(slot: string, { delta, eta, variance }: Constants): number {
  if (delta !== undefined) return 1 - delta;
  if (eta !== undefined && variance !== undefined) return eta ** 2 + variance;
  throw new UsageError(`slot ${slot}: theory needs E|C(x) - x|^2 <= c|x|^2, which is not proven of this compressor`);
}

/** The iterate x in the server's state, at x^0. */
export function iterate(env: ServerEnv): Vec {
  const x = env.state.vec("x");
  env.ops.copy(env.start, x);
  return x;
}

/** min delta_i of a slot. @throws RangeError if one is 0 */
export function smallestDelta(method: string, facts: Facts, slot: string): number {
  const delta = facts.delta(slot).reduce((a, b) => Math.min(a, b), 1);
  if (delta > 0) return delta;
  throw new RangeError(
    `${method}: theory needs contractive compressors (delta > 0) in slot ${slot}; give gamma as a number`,
  );
}

/** The option K of methods whose steps depend on how long they are to run. @throws RangeError */
export function plannedRounds(method: string, option: unknown): number {
  const rounds = option ?? 1000;
  if (typeof rounds === "number" && Number.isInteger(rounds) && rounds >= 1) return rounds;
  throw new RangeError(`${method}: K must be an integer >= 1, got ${rounds}`);
}
