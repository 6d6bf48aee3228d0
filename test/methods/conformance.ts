/**
 * What every method is held to: both backends agree bit for bit, without compression it is the method it generalises,
 * and with theory's step size it keeps theory's promise. Runs are fixed by their seeds, so the statistical bounds below
 * are deterministic; as random experiments they would fail with probability < 1e-6 (averages over 30 seeds or thousands
 * of rounds lie a factor of five and more below bounds that are allowed a further factor of 1.2).
 */
import { describe, expect, test } from "vitest";
import type { Method, Problem } from "../../src/core/contracts.ts";
import { build, distance2, type Run, type RunSettings, squares } from "../run/harness.ts";
import { quadratic, rowsRidge } from "./problems.ts";

export { floor, mean, optimalShifts } from "./measures.ts";

export type Settings = Omit<RunSettings, "method" | "problem">;

/** n = 6, d = 12, condition number about 5, minimisers apart. */
export const small = (): Problem => quadratic(6, 12, { mu: 1, L: 6, seed: 3 });

export interface Promises {
  /** Slots with which the backends are compared. */
  slots: NonNullable<Settings["slots"]>;
  settings?: Settings;
  /** With identity compressors one round is x - step grad f(x). */
  descent?: (run: Run) => number;
  /** Slots with which the relative error falls below 1e-20 with theory's step size, and the rounds it may take. */
  linear?: Readonly<Record<string, { slots: NonNullable<Settings["slots"]>; rounds: number }>>;
}

export function testMethod(method: Method, { slots, settings = {}, descent, linear = {} }: Promises): void {
  describe(method.name, () => {
    const problem = method.estimator || method.needs.oracle === "stochastic" ? rowsRidge() : small();
    const start = Float64Array.from({ length: 12 }, (_, j) => 10 * Math.cos(j));
    const base: RunSettings = { method, problem, start, slots, ...settings };

    test("says what it is", () => {
      for (const text of [method.summary, method.reference]) expect(text).toMatch(/\S/);
      const run = build(base);
      expect(run.options.gamma).toBeGreaterThanOrEqual(0);
      expect(run.options.formula).toMatch(/\S/);
      if (!method.peer) {
        expect(build({ ...base, options: { ...settings.options, gamma: 0.125 } }).options).toMatchObject({
          gamma: 0.125,
          formula: "given",
        });
        expect(() => build({ ...base, options: { gamma: -1 } })).toThrow(RangeError);
      }
      expect(() => build({ ...base, options: { gamma: "fast" } })).toThrow(RangeError);
    });

    for (const dtype of ["f64", "f32"] as const) {
      test(`${dtype}: both backends make the same iterates and bits`, async () => {
        const [wasm, reference] = [build({ ...base, dtype }), build({ ...base, dtype, backend: "reference" })];
        for (let block = 0; block < 5; ++block) {
          await Promise.all([wasm.play(8), reference.play(8)]);
          expect(await reference.x()).toEqual(await wasm.x());
        }
        const [a, b] = [wasm.server.ledger, reference.server.ledger];
        for (const key of ["uplinkBits", "downlinkBits", "uplinkFramingBits", "downlinkFramingBits"] as const) {
          expect(a[key]).toBe(b[key]);
          expect(a[key]).toBeGreaterThan(0);
        }
      });
    }

    if (descent) {
      test("uncompressed it is gradient descent", async () => {
        const identity = Object.fromEntries(
          Object.entries(method.needs.compressors)
            .filter(([slot]) => !method.needs.optional?.includes(slot))
            .map(([slot, kind]) => [slot, kind === "three-point" ? "ef21:of=(identity)" : "identity"]),
        );
        const run = build({ ...base, slots: identity, estimator: "full" });
        const step = descent(run);
        const oracle = problem.oracle(run.ops, -1);
        const [x, g] = [run.ops.vec(12), run.ops.vec(12)];
        for (let round = 0; round < 40; ++round) {
          x.view.set(await run.x());
          oracle.gradient(x, g);
          const wanted = Float64Array.from(x.view, (v, j) => v - step * g.view[j]!);
          await run.play(1);
          expect(Math.sqrt(distance2(await run.x(), wanted) / squares(wanted))).toBeLessThan(1e-13);
        }
      });
    }

    for (const [label, { slots, rounds }] of Object.entries(linear)) {
      test(`linear to 1e-20 with ${label}`, async () => {
        const run = build({ ...base, slots });
        const optimum = problem.optimum();
        const first = distance2(start, optimum);
        await run.play(rounds);
        expect(distance2(await run.x(), optimum) / first).toBeLessThan(1e-20);
      });
    }
  });
}

/** What a Lyapunov function is computed from, all workers settled. */
export interface Point {
  x: Float64Array;
  /** A vector of worker i's state. */
  state(worker: number, name: string): Float64Array;
  /** grad f_i at any point. */
  gradient(worker: number, at: Float64Array): Float64Array;
  /** f at any point. */
  loss(at: Float64Array): number;
}

/**
 * Averages V over 30 seeds and holds it against bound(k, V^0), k = 1, 2, ...
 * @param V gets the point after k rounds and x before the last of them
 */
export async function averageBelow(
  settings: RunSettings,
  rounds: number,
  V: (run: Run, point: Point, before: Float64Array) => number,
  bound: (run: Run, k: number, first: number) => number,
): Promise<void> {
  const seeds = 30;
  const sums = new Float64Array(rounds + 1);
  let run!: Run;
  for (let seed = 1; seed <= seeds; ++seed) {
    run = build({ ...settings, seed });
    const { ops, dim, n } = run;
    const oracles = Array.from({ length: n }, (_, i) => settings.problem.oracle(ops, i));
    const whole = settings.problem.oracle(ops, -1);
    const [at, g] = [ops.vec(dim), ops.vec(dim)];
    const gradient = (worker: number, x: Float64Array) => {
      at.view.set(x);
      oracles[worker]!.gradient(at, g);
      return Float64Array.from(g.view);
    };
    const loss = (x: Float64Array) => {
      at.view.set(x);
      return whole.loss(at);
    };
    const state = (worker: number, name: string) => Float64Array.from(run.network.hosts[worker]!.state.vec(name).view);
    let before = await run.x();
    for (let k = 0; k <= rounds; ++k) {
      if (k > 0) await run.play(1);
      await run.rounds.snapshot(); // workers settle their last reply
      const x = await run.x();
      sums[k]! += V(run, { x, state, gradient, loss }, before) / seeds;
      before = x;
    }
  }
  const first = sums[0]!;
  let closest = 0;
  for (let k = 1; k <= rounds && sums[k]! > 1e-25 * first; ++k) {
    const limit = bound(run, k, first);
    expect(sums[k]!, `V after ${k} rounds`).toBeLessThan(1.2 * limit);
    closest = Math.max(closest, sums[k]! / limit);
  }
  expect(closest).toBeGreaterThan(1e-3); // a bound that is never near would hide a wrong V
}
