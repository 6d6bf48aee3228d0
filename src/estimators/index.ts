/** The gradient estimators, by name, and what puts one in the place of a worker's gradient. */
import type {
  Estimator,
  EstimatorEnv,
  EstimatorFactory,
  EstimatorOptions,
  Method,
  Oracle,
  Vec,
} from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { full } from "./full.ts";
import { importance } from "./importance.ts";
import { independent } from "./independent.ts";
import { jacsketch } from "./jacsketch.ts";
import { lSvrg } from "./l-svrg.ts";
import { miniBatch } from "./mini-batch.ts";
import { saga } from "./saga.ts";
import { svrg } from "./svrg.ts";

const all: readonly EstimatorFactory[] = [full, miniBatch, importance, independent, lSvrg, svrg, saga, jacsketch];

export const estimators: Readonly<Record<string, EstimatorFactory>> = Object.fromEntries(
  all.map((factory) => [factory.name, factory]),
);

/** An estimator's name and options; structured-cloneable. */
export interface Estimation {
  readonly name: string;
  readonly options: EstimatorOptions;
}

/** What a run says of its gradients. */
export interface EstimatorChoice {
  readonly estimator?: string | ({ readonly name: string } & EstimatorOptions) | undefined;
  readonly batch?: number | undefined;
}

/** @throws UsageError with the near names */
export function findEstimator(name: string, where = "experiment"): EstimatorFactory {
  const found = Object.hasOwn(estimators, name) ? estimators[name] : undefined;
  if (found) return found;
  throw new UsageError(`${where}.estimator: unknown name "${name}"; ${suggestion(name, Object.keys(estimators))}`);
}

/** The estimator of a run, else the method's own; `batch` alone means mini-batch. Nothing for exact gradients. @throws UsageError */
export function estimationOf(
  { estimator, batch }: EstimatorChoice,
  method: Pick<Method, "estimator">,
  where = "experiment",
): Estimation | undefined {
  const given = estimator ?? method.estimator ?? (batch === undefined ? undefined : miniBatch.name);
  if (given === undefined) return undefined;
  const { name, ...rest } = typeof given === "string" ? { name: given } : given;
  const factory = findEstimator(name, where);
  const options: Record<string, unknown> = batch === undefined ? rest : { batch, ...rest };
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(factory.options, key)) continue;
    const known = Object.keys(factory.options);
    throw new UsageError(
      `${where}.estimator: ${known.length ? `unknown key "${key}" for ${name}; ${suggestion(key, known)}` : `${name} takes no "${key}"`}`,
    );
  }
  return factory === full ? undefined : { name, options };
}

/** @throws UsageError unless the oracle's function is a mean over rows */
export function requireRows(subject: string, oracle: Oracle): EstimatorEnv["oracle"] {
  if (oracle.rows > 0 && oracle.rowsGradient && oracle.rowSmoothness) return oracle as EstimatorEnv["oracle"];
  throw new UsageError(`${subject}: needs a problem made of rows of data (ridge, logistic)`);
}

/**
 * An oracle whose gradient is an estimate. Exact until `estimates` is set: what a node computes while it is built
 * (optimal shifts) is no part of the run.
 */
export class EstimatedOracle implements Oracle {
  readonly dim: number;
  readonly rows: number;
  estimates = false;
  readonly #exact: EstimatorEnv["oracle"];
  readonly #estimator: Estimator;

  constructor(env: Omit<EstimatorEnv, "oracle"> & { oracle: Oracle }, { name, options }: Estimation) {
    const exact = requireRows(`estimator ${name}`, env.oracle);
    this.#exact = exact;
    this.dim = exact.dim;
    this.rows = exact.rows;
    const { state } = env;
    const own: EstimatorEnv["state"] = {
      vec: (key, n) => state.vec(`estimator ${key}`, n),
      scalar: (key) => state.scalar(`estimator ${key}`),
      bytes: (key, n) => state.bytes(`estimator ${key}`, n),
    };
    this.#estimator = findEstimator(name).create({ ...env, oracle: exact, state: own }, options);
  }

  gradient(x: Vec, g: Vec): void {
    if (this.estimates) this.#estimator.sample(x, g);
    else this.#exact.gradient(x, g);
  }

  rowsGradient(x: Vec, rows: Uint32Array, count: number, g: Vec): void {
    this.#exact.rowsGradient(x, rows, count, g);
  }

  rowSmoothness(row: number): number {
    return this.#exact.rowSmoothness(row);
  }

  loss(x: Vec): number {
    return this.#exact.loss(x);
  }

  hessian(x: Vec, H: Vec): void {
    if (!this.#exact.hessian) throw new TypeError("oracle: has no hessian");
    this.#exact.hessian(x, H);
  }
}
