/**
 * What theory promises of a method, and the small run that shows it. One module a method, `<method>.ts`, exports
 * `promise`; the folder is the registry. `promises.test.ts` plays all of them, `node scripts/methods.mjs` writes what was
 * measured into docs/methods.md. Runs are f64 on the release module with fixed seeds, hence equal on every machine.
 */
import type { Problem } from "../../src/core/contracts.ts";
import type { Run, RunSettings } from "../run/harness.ts";

export interface NamedProblem {
  /** As the table shows it. */
  readonly title: string;
  make(): Problem;
}

/** Everything that a run of the harness takes passes through; `seed` is the first where several are averaged. */
export interface MethodPromise extends Omit<RunSettings, "method" | "problem" | "backend" | "dtype"> {
  /** One line with the formula. */
  readonly text: string;
  readonly problem: NamedProblem;
  /** The most rounds (results, for asynchronous methods); for a plateau, those that are averaged. */
  readonly rounds: number;
  readonly expect: Expectation;
  /** Options in experiments/all-methods.json, where those of the promise do not lead to x* there. */
  readonly shown?: Readonly<Record<string, unknown>>;
  /** What x should go to, where it is not the problem's optimum (psi). */
  readonly optimum?: (problem: Problem) => Float64Array;
}

export type Expectation =
  | Linear
  | { readonly plateau: Plateau }
  | { readonly diverges: Divergence }
  | { readonly sublinear: Sublinear }
  | {
      /** Anything else: plays the run, throws where the promise is broken, and says what it measured. */
      check(run: Run): Promise<string>;
    };

interface Linear {
  /** |x - x*|^2 / |x0 - x*|^2 falls below this (1e-20) within the rounds; decentralised methods: the mean over peers. */
  readonly linear: number;
}

export interface Plateau {
  /** Of the mean of |x - x*|^2 over rounds and seeds, begun at x* unless the promise has a start. */
  bound(run: Run): number;
  /** Least share of the bound, so that "too good" is noticed; default 1e-3. */
  readonly atLeast?: number;
  /** Factor by which the plateau falls when the step is halved. */
  readonly halving?: readonly [low: number, high: number];
  /** Options of the halved run, where it is not gamma that is halved. */
  halved?(run: Run): Readonly<Record<string, unknown>>;
  /** Rounds before those that are averaged; default as many. */
  readonly warm?: number;
  /** Default 2. */
  readonly seeds?: number;
}

export interface Divergence {
  /** |x - x*|^2 / |x0 - x*|^2 passes this (1e6, say) within the rounds. */
  readonly factor: number;
  /** What |x^K - x*|^2 / |x^0 - x*|^2 is, where theory knows it: held to 1e-10 relative. */
  exactly?(run: Run, rounds: number): number;
}

export interface Sublinear {
  /**
   * "gap": f - f* (convex) of the method's answer after K rounds. "gradient": the mean of |grad f(x^k)|^2 over
   * k = 0..K-1. Both are averaged over the seeds.
   */
  readonly of: "gap" | "gradient";
  bound(run: Run, rounds: number): number;
  /** Least share of the bound at the end; default 1e-3. */
  readonly atLeast?: number;
  /** Default 4. */
  readonly seeds?: number;
}

/** What a module of this folder exports. */
export interface PromiseModule {
  readonly promise: MethodPromise | readonly MethodPromise[];
}
