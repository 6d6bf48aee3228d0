/** What a problem plugin is, and what all of them read their options with. */
import { loadKernels } from "../../bindings/load.ts";
import { Ops } from "../../bindings/ops.ts";
import linalgBytes from "../../build/linalg.wasm";
import type { Oracle, Problem, Shard } from "../core/contracts.ts";
import type { Random } from "../data/generators.ts";
import type { Data } from "../data/matrix.ts";

/** The `problem` object of an experiment. */
export type ProblemSpec = Readonly<Record<string, unknown>>;

export interface ProblemContext {
  readonly workers: number;
  /** Drawn from only while the problem is created. */
  readonly random: Random;
  /** For problems made of data: the samples, and the rows of each worker. */
  readonly data?: Data;
  readonly rows?: readonly Uint32Array[];
}

/** One problem: one file, one registry line, one test. */
export interface ProblemFactory<S extends Shard = Shard> {
  /** As users write it, kebab-case. */
  readonly name: string;
  /** One sentence with the formula of f_i. */
  readonly summary: string;
  /** Whether it is made of data. */
  readonly data: boolean;
  /** Every option with one line: meaning, range, default. */
  readonly options: Readonly<Record<string, string>>;
  /** What `smoothness` can be asked for beside the exact constants, with one line each. */
  readonly readings: Readonly<Record<string, string>>;
  /** @throws RangeError for options out of range */
  create(spec: ProblemSpec, context: ProblemContext): Problem;
  /** Builds in the memory of `ops` (its kernels include the linalg module) the oracle that a shard describes. */
  oracle(shard: S, ops: Ops): Oracle;
  /** The smoothness matrix of the function that a shard describes: d numbers if it is diagonal, else d x d. */
  matrix?(shard: S): Float64Array;
}

/** A host of its own for constants and optima: f64 whatever the run's type is. Its memory goes when the caller drops it. */
export const privateOps = (): Ops => new Ops(loadKernels("wasm", [linalgBytes]), "f64");

/** A finite number in [low, high]; `low` itself is allowed. @throws RangeError */
export function readNumber(
  subject: string,
  spec: ProblemSpec,
  key: string,
  fallback: number,
  low = -Number.MAX_VALUE,
  high = Number.MAX_VALUE,
): number {
  const value = spec[key] === undefined ? fallback : spec[key];
  if (typeof value === "number" && value >= low && value <= high) return value;
  const range = high < Number.MAX_VALUE ? `in ${low}..${high}` : low > -Number.MAX_VALUE ? `>= ${low}` : "finite";
  throw new RangeError(`${subject}: ${key} must be a number ${range}, got ${show(value)}`);
}

export function readInteger(subject: string, spec: ProblemSpec, key: string, fallback: number, low: number): number {
  const value = readNumber(subject, spec, key, fallback);
  if (Number.isSafeInteger(value) && value >= low) return value;
  throw new RangeError(`${subject}: ${key} must be an integer >= ${low}, got ${value}`);
}

/** One of a few words, the first being the default. @throws RangeError */
export function readChoice<W extends string>(subject: string, spec: ProblemSpec, key: string, words: readonly W[]): W {
  const value = spec[key] === undefined ? words[0] : spec[key];
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new RangeError(`${subject}: ${key} must be one of ${words.join(", ")}, got ${show(value)}`);
}

/** @throws RangeError unless `reading` is undefined or listed by the factory */
export function checkReading(factory: Pick<ProblemFactory, "name" | "readings">, reading: string | undefined): void {
  if (reading === undefined || Object.hasOwn(factory.readings, reading)) return;
  const known = Object.keys(factory.readings);
  throw new RangeError(
    `${factory.name}: smoothness reading must be ${known.length ? `one of ${known.join(", ")}` : "left out"}, got "${reading}"`,
  );
}

/** @throws RangeError unless worker is -1 or 0..workers-1 */
export function checkWorker(subject: string, worker: number, workers: number): void {
  if (Number.isInteger(worker) && worker >= -1 && worker < workers) return;
  throw new RangeError(`${subject}: worker must be an integer in -1..${workers - 1}, got ${worker}`);
}

/** Any JSON value for a message. */
export const show = (value: unknown): string =>
  (typeof value === "string" ? `"${value}"` : JSON.stringify(value)) ?? "undefined";
