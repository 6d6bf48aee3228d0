/**
 * Holds a compressor against its stated constants on sampled messages. A violation is a measured mean that lies beyond
 * the stated constant by more than its interval; a right compressor has one with probability below `FAILURE`.
 */

import { compressors } from "../compressors/index.ts";
import { findFactory, parseSpec, type Registry } from "../compressors/spec.ts";
import type { Constants } from "../core/contracts.ts";
import { definitionOf } from "./definitions.ts";
import { Host, type HostOptions } from "./host.ts";
import { type Input, inputs, testMatrix, tied } from "./inputs.ts";
import { type Moments, sample } from "./moments.ts";
import { FAILURE, samplesFor, standardErrors } from "./statistics.ts";

export interface VerifyOptions extends Omit<HostOptions, "dtype"> {
  /** Default 64. */
  readonly dim?: number;
  /** Messages of every input, default 20000; more if rare events of the compressor need them. */
  readonly samples?: number;
}

/** One constant on the input where it is closest to being violated. */
export interface Check {
  /** Its name, with what it bounds. */
  readonly constant: string;
  readonly relation: "<=" | ">=" | "=";
  readonly stated: number;
  readonly measured: number;
  /** Half of the interval around `measured`. */
  readonly margin: number;
  readonly input: string;
  readonly holds: boolean;
}

/** a 4^(bits/d) >= 1 for whatever sends at most that many bits with an error of at most a |x|^2. */
export interface Uncertainty {
  /** Stated: 1 - delta, or omega/(1 + omega) for unbiased compressors; undefined where there is neither. */
  readonly a: number | undefined;
  /** Of the longest f32 payload, an entry. */
  readonly bits: number;
  readonly product: number | undefined;
  /** The same measured on the normal input: mean error (over 1 + omega if unbiased) and mean bits. */
  readonly measured: { readonly a: number; readonly bits: number; readonly product: number };
}

export interface Verification {
  readonly spec: string;
  readonly dim: number;
  readonly samples: number;
  readonly constants: Constants;
  readonly checks: readonly Check[];
  readonly uncertainty: Uncertainty;
  readonly holds: boolean;
}

/** Errors of f64 arithmetic and of norms that are sent. */
const ROUNDING = 1e-11;
const MAX_SAMPLES = 1e7;

/** @throws UsageError, RangeError for the spec and the options */
export function verify(spec: string, asked: VerifyOptions = {}): Verification {
  const { dim = 64, samples = 20_000, registry = compressors } = asked;
  requireCount("dim", dim, 2, 2 ** 24);
  requireCount("samples", samples, 2, MAX_SAMPLES);
  const options: VerifyOptions = { matrix: testMatrix(dim), ...asked };
  const host = new Host(spec, dim, options);
  const { constants } = host.compressor;
  const count = Math.max(samples, samplesFor(constants.omega ?? 0));
  if (count > MAX_SAMPLES)
    throw new RangeError(`verify: omega ${constants.omega} needs ${count} samples, at most ${MAX_SAMPLES}`);
  const worst = worstOf(registry, spec, dim);
  const betas = [constants.B1?.[1], constants.B2?.[1]].filter((beta) => beta !== undefined);
  const given = inputs(dim, host.setup, worst).map((input) => within(input, constants.range));
  const all = given.map((input, i) => sample(host, input, i, count, betas));
  const comparisons = all.length * (12 + dim);
  const z = standardErrors(comparisons);
  const checks = [
    ...constantChecks(constants, betas).map((rule) => tightest(rule, all, z)),
    ...(constants.eta === 0 ? [entryCheck(all, z)] : []),
    ...definitionChecks(host),
  ];
  const uncertainty = measureUncertainty(spec, dim, constants, options, all[0]!);
  if (uncertainty.product !== undefined) checks.push(principle(uncertainty));
  return {
    spec: host.compressor.spec,
    dim,
    samples: count,
    constants,
    checks,
    uncertainty,
    holds: checks.every(({ holds }) => holds),
  };
}

export { FAILURE };

function requireCount(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`verify: ${name} must be an integer in ${low}..${high}, got ${value}`);
  }
}

function worstOf(registry: Registry, spec: string, dim: number): readonly number[] | undefined {
  return findFactory(registry, parseSpec(spec).name).worst?.(dim);
}

/** The input shrunk until the constants are stated for it. */
function within(input: Input, range: number | undefined): Input {
  const most = input.values.reduce((size, v) => Math.max(size, Math.abs(v)), 0);
  if (range === undefined || most <= range) return input;
  return { name: input.name, values: input.values.map((v) => (v / most) * range) };
}

interface Measured {
  readonly mean: number;
  readonly margin: number;
}

interface Rule extends Pick<Check, "constant" | "relation" | "stated"> {
  measure(moments: Moments, z: number): Measured;
}

type Key = "error" | "second" | "along" | "variance";

/** Largest change of a relative error by an event that may be too rare to be seen: a level of 1 falling to 1/2. */
const RARE = 0.25;

const mean =
  (key: Key) =>
  (moments: Moments, z: number): Measured => ({
    mean: moments[key].mean,
    margin: deterministic(moments) ? 0 : moments[key].margin(z, key === "variance" ? 0 : RARE),
  });

/** All messages alike although nothing was said to vary: then there is nothing rare. */
const deterministic = (moments: Moments): boolean =>
  moments.variance.mean === 0 && moments.variance.margin(1) === 0 && moments.error.n < 100;

function constantChecks(c: Constants, betas: readonly number[]): Rule[] {
  const rules: Rule[] = [];
  const add = (constant: string, relation: Check["relation"], stated: number | undefined, measure: Rule["measure"]) => {
    if (stated !== undefined) rules.push({ constant, relation, stated, measure });
  };
  add("unbiased: <E C, x>/|x|^2", "=", c.eta === 0 ? 1 : undefined, mean("along"));
  add("omega: E|C - x|^2/|x|^2", "<=", c.omega, mean("error"));
  add("1 - delta: E|C - x|^2/|x|^2", "<=", c.delta === undefined ? undefined : 1 - c.delta, mean("error"));
  add("B1 alpha: E|C|^2/|x|^2", ">=", c.B1?.[0], mean("second"));
  for (const [i, name] of [c.B1 && "B1", c.B2 && "B2"].filter(Boolean).entries()) {
    const excess = (m: Moments, z: number) => ({
      mean: m.excess[i]!.mean,
      margin: deterministic(m) ? 0 : m.excess[i]!.margin(z),
    });
    add(`${name} beta = ${short(betas[i]!)}: (E|C|^2 - beta <E C, x>)/|x|^2`, "<=", 0, excess);
  }
  add("B2 gamma: <E C, x>/|x|^2", ">=", c.B2?.[0], mean("along"));
  add("1 - 1/B3: E|C - x|^2/|x|^2", "<=", c.B3 === undefined ? undefined : 1 - 1 / c.B3, mean("error"));
  add("eta^2: |E C - x|^2/|x|^2", "<=", c.eta === undefined ? undefined : c.eta ** 2, (m, z) => ({
    mean: m.bias.mean,
    margin: deterministic(m) ? 0 : m.bias.margin(z),
  }));
  add("variance: E|C - E C|^2/|x|^2", "<=", c.variance, mean("variance"));
  add("absolute: E|C - x|^2", "<=", c.absolute, (m, z) => ({
    mean: m.error.mean * m.squares,
    margin: m.error.margin(z) * m.squares,
  }));
  return rules;
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** How far a measured value is beyond the stated one: above 0 is a violation. */
function beyond({ relation, stated }: Rule, { mean, margin }: Measured): number {
  const off = relation === "<=" ? mean - stated : relation === ">=" ? stated - mean : Math.abs(mean - stated);
  return off - margin - ROUNDING * (1 + Math.abs(stated));
}

function tightest(rule: Rule, all: readonly Moments[], z: number): Check {
  const measured = all.map((moments) => ({ ...rule.measure(moments, z), input: moments.input }));
  const [worst] = measured.sort((a, b) => beyond(rule, b) - beyond(rule, a));
  const { constant, relation, stated } = rule;
  const { mean, margin, input } = worst!;
  return { constant, relation, stated, measured: mean, margin, input, holds: beyond(rule, worst!) <= 0 };
}

/** Every entry's mean for itself: along x alone, two wrong entries can hide each other. */
function entryCheck(all: readonly Moments[], z: number): Check {
  let check: Check | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const { entries, peak, input } of all) {
    const jump = entries.reduce((size, entry) => Math.max(size, entry.largest), peak);
    for (const entry of entries) {
      const [measured, margin] = [Math.abs(entry.mean), entry.margin(z, jump)];
      if (measured - margin <= most) continue;
      most = measured - margin;
      check = {
        constant: "unbiased: most |E C_i - x_i|/|x|",
        relation: "=",
        stated: 0,
        measured,
        margin,
        input,
        holds: most <= ROUNDING,
      };
    }
  }
  return check!;
}

const TIED_INPUTS = 50;

/** Deterministic compressors against their definitions, on inputs full of ties too. */
function definitionChecks(host: Host): Check[] {
  const dim = host.x.length;
  const definition = definitionOf(host.compressor.spec, dim);
  if (!definition) return [];
  const ties = Array.from({ length: TIED_INPUTS }, () => ({ name: "ties", values: tied(dim, host.setup) }));
  let [most, where] = [0, "all"];
  for (const { name, values } of [...inputs(dim, host.setup), ...ties]) {
    host.x.view.set(values);
    host.draw();
    const c = host.result.view;
    const size = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
    definition(values).forEach((value, i) => {
      const off = Math.abs(c[i]! - value) / size;
      if (off > most) [most, where] = [off, name];
    });
  }
  const base = { constant: "definition: most |C_i - definition|/max|x|", relation: "=", stated: 0, margin: 0 } as const;
  return [{ ...base, measured: most, input: where, holds: most <= ROUNDING }];
}

/** A real number that is sent as an f32 has a relative error of up to 2^-25 itself. */
const FLOAT = 2 ** -50;

function measureUncertainty(
  spec: string,
  dim: number,
  c: Constants,
  options: VerifyOptions,
  normal: Moments,
): Uncertainty {
  const host = new Host(spec, dim, { ...options, dtype: "f32" });
  const input = inputs(dim, host.setup)[0]!;
  host.x.view.set(input.values);
  host.restart(0);
  let bits = 0;
  const draws = 200;
  for (let t = 0; t < draws; ++t) bits += (8 * host.draw()) / dim / draws;
  const error = normal.error.mean;
  const measured = Math.max(FLOAT, c.omega === undefined ? error : error / (1 + error));
  const most = (8 * host.compressor.maxBytes) / dim;
  const bounds = [c.omega === undefined ? 1 : c.omega / (1 + c.omega), c.delta === undefined ? 1 : 1 - c.delta];
  const a = c.omega === undefined && c.delta === undefined ? undefined : Math.max(FLOAT, Math.min(...bounds));
  return {
    a,
    bits: most,
    product: a === undefined ? undefined : a * 4 ** most,
    measured: { a: measured, bits, product: measured * 4 ** bits },
  };
}

const principle = ({ a, bits, product }: Uncertainty): Check => ({
  constant: `uncertainty principle: a 4^(bits/d), a = ${short(a!)}, ${short(bits)} bits`,
  relation: ">=",
  stated: 1,
  measured: product!,
  margin: 0,
  input: "longest f32 payload",
  holds: product! >= 1,
});
