/** Theory's constants where workers estimate their gradients. */
import type { Facts, Method, Moments, Problem, Resolved, RowFacts } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { type Estimation, findEstimator, requireRows } from "../estimators/index.ts";
import { privateOps } from "../problems/factory.ts";

/** A + CM with M = 2B/rho: the estimator's smoothness. */
const effective = ({ A, B, rho, C }: Moments): number => A + (2 * B * C) / rho;

/**
 * Facts for methods that use an estimator: any step that is safe for functions with these constants is safe for it. For
 * x - gamma mean g_i with independent g_i the condition is gamma <= 1/(L + max E_i/n), E_i the estimators' smoothness.
 * @throws UsageError unless the problem is made of rows, RangeError for the estimator's options
 */
export function withEstimator(exact: Facts, { name, options }: Estimation, problem: Problem): Facts {
  const factory = findEstimator(name);
  const rows = rowFacts(`estimator ${name}`, problem, exact.Li);
  const moments = rows.map((facts) => factory.moments(options, facts));
  const Li = moments.map(effective);
  const Lmax = Math.max(...Li);
  return {
    ...exact,
    L: Math.min(exact.L + Lmax / exact.n, Lmax),
    Li,
    Lmax,
    Ltilde: Math.sqrt(Li.reduce((sum, l) => sum + l * l, 0) / exact.n),
    exact: { L: exact.L, Li: exact.Li, mu: exact.mu },
    smooth(slot) {
      if (Li.every((value, i) => value === exact.Li[i])) return exact.smooth(slot);
      throw new UsageError(
        `${name}: smoothness matrices say nothing of estimated gradients; give options.gamma as a number`,
      );
    },
    estimator: { name, moments, rows },
  };
}

/** All that theory is told: of estimates, and of rows where the method draws them itself. @throws as `withEstimator` */
export function completeFacts(
  exact: Facts,
  method: Method,
  estimation: Estimation | undefined,
  problem: Problem,
  prox: boolean,
): Facts {
  const plain = estimation ? withEstimator(exact, estimation, problem) : exact;
  const facts = prox ? { ...plain, prox: true as const } : plain;
  return method.needs.oracle === "stochastic" ? { ...facts, rows: rowFacts(method.name, problem, exact.Li) } : facts;
}

function rowFacts(subject: string, problem: Problem, Li: readonly number[]): RowFacts[] {
  const ops = privateOps();
  return Li.map((L, worker) => {
    const oracle = requireRows(subject, problem.oracle(ops, worker));
    const { rows } = oracle;
    let [Lhat, sum, squares] = [0, 0, 0];
    for (let row = 0; row < rows; ++row) {
      const smoothness = oracle.rowSmoothness(row);
      Lhat = Math.max(Lhat, smoothness);
      sum += smoothness;
      squares += smoothness ** 2;
    }
    return { rows, Li: L, Lhat, Lbar: sum / rows, Lsquares: squares / rows };
  });
}

/** The method's options, with the estimator in the formula of the step size. */
export function resolveStep(method: Method, options: Readonly<Record<string, unknown>>, facts: Facts): Resolved {
  const resolved = method.resolve(options, facts);
  if (!facts.estimator || resolved.formula === "given") return resolved;
  return { ...resolved, formula: `${resolved.formula}; L_i = A_i + 2 B_i C_i/rho_i of ${facts.estimator.name}` };
}
