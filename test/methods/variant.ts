/** What the methods of variant.ts are held to: their bases' conformance, the bounds of variant.ts, the delay itself. */
import { expect, test } from "vitest";
import type { Method, Resolved } from "../../src/core/contracts.ts";
import { build, distance2, type Run, type RunSettings } from "../run/harness.ts";
import { averageBelow, testMethod } from "./conformance.ts";
import { floor, mean, optimalShifts, rowGradients, spread } from "./measures.ts";
import { quadratic, rowsRidge } from "./problems.ts";

export interface VariantPromises {
  base: Method;
  slots?: Readonly<Record<string, string>>;
  /** gamma and the rounds in which the error falls below 1e-20. */
  linear?: { gamma: number; rounds: number };
  /** gamma and the factor by which the squared distance falls when it is halved. */
  stalls?: { gamma: number; factor: readonly [low: number, high: number] };
}

export function testVariant<O extends Resolved>(method: Method<O>, promises: VariantPromises): void {
  const { base, slots = {}, linear, stalls } = promises;
  const { name } = method;
  const late = Object.hasOwn(method.options, "tau");
  const problem = rowsRidge();
  const optimum = problem.optimum();
  const start = new Float64Array(12).fill(3);
  const settings: RunSettings = { method: method as Method, problem, slots, start };
  const step = (run: Run) => run.options.gamma;
  testMethod(method as Method, { slots, ...(late ? { settings: { options: { tau: 2 } } } : { descent: step }) });

  test(`${name}: ${late ? "without delay " : ""}it is ${base.name} with its estimator, bit for bit`, async () => {
    const options = { gamma: 0.01 };
    const own = build({ ...settings, options: late ? { ...options, tau: 0 } : options });
    const other = build({ ...settings, method: base, options, estimator: method.estimator! });
    await own.play(40);
    await other.play(40);
    expect(await own.x()).toEqual(await other.x());
  });

  if (linear) {
    test(`${name}: linear to 1e-20`, async () => {
      const run = build({ ...settings, options: { gamma: linear.gamma, ...(late && { tau: 3 }) } });
      await run.play(linear.rounds);
      expect(distance2(await run.x(), optimum) / distance2(start, optimum)).toBeLessThan(1e-20);
    });
  }
  if (stalls) {
    test(`${name}: stalls, and nearer to x* with a smaller step`, async () => {
      const at = (gamma: number, rounds: number) =>
        floor(
          { method: method as Method, problem, slots, options: { gamma, ...(late && { tau: 3 }) } },
          rounds / 3,
          rounds,
        );
      const [wide, narrow] = [await at(stalls.gamma, 600), await at(stalls.gamma / 2, 1200)];
      expect(wide / narrow).toBeGreaterThan(stalls.factor[0]);
      expect(wide / narrow).toBeLessThan(stalls.factor[1]);
    });
  }
  if (late) testDelay(settings, promises);
  else if (method.estimator !== "svrg" && (base.name === "dgd" || base.name === "diana")) {
    testMoments(settings, method.estimator!);
    if (method.name === "vr-diana") testMoments(settings, "saga");
  }
}

/** |x~ - x*|^2 <= V, and V^0 = |x^0 - x*|^2 + the base's terms; with exact gradients every method here has the same delay. */
function testDelay({ method, problem, start, slots }: RunSettings, { base }: VariantPromises): void {
  if (base.name !== "dgd") return;
  const optimum = problem.optimum();
  const tau = 3;
  for (const estimator of method.estimator === "l-svrg" ? ["full"] : ["full", method.estimator!]) {
    test(`${method.name}, ${estimator}: with theory's step the virtual iterate stays below theory's bound`, async () => {
      const noise = estimator === "full" ? 0 : 2 * spread(problem, estimator === "mini-batch");
      await averageBelow(
        { method, problem, start: start!, slots: slots!, estimator, options: { tau } },
        80,
        (run, { x }) => {
          const steps = run.rounds.state.vec("late steps", tau * 12).view;
          return distance2(
            x.map((v, j) => v + steps[j]! + steps[12 + j]! + steps[24 + j]!),
            optimum,
          );
        },
        ({ options: { gamma }, facts, n }, k, first) => {
          const { L, mu } = facts.exact ?? facts;
          const rate = Math.min((gamma * mu) / 2, 1 / (2 * tau));
          const each = ((gamma ** 2 + 6 * L * gamma ** 3 * tau ** 2) * noise) / n;
          return (1 - rate) ** k * first + (each * (1 - (1 - rate) ** k)) / rate;
        },
      );
    });
  }

  if (method.name !== "d-sgd") return; // the same for all: their gradients are exact here
  test.each([1, 2, 5])(`${method.name}: stable up to 2 sin(pi/(2(2 tau + 1))), tau = %i`, async (tau) => {
    const curved = quadratic(2, 1, { mu: 1, L: 1, heterogeneity: 0 });
    const limit = 2 * Math.sin(Math.PI / (2 * (2 * tau + 1)));
    const end = async (gamma: number) => {
      const from = Float64Array.of(curved.optimum()[0]! + 1);
      const run = build({ method, problem: curved, start: from, estimator: "full", options: { gamma, tau } });
      await run.play(5000);
      return Math.sqrt(distance2(await run.x(), curved.optimum()));
    };
    expect(await end(0.99 * limit)).toBeLessThan(1e-2);
    expect(await end(1.01 * limit)).toBeGreaterThan(1e2);
  });
}

/** V = |x - x*|^2 + M gamma^2 mean|h_i - h_i*|^2 + (2B/rho) gamma^2 (1/n + 2 omega/n + alpha M) s^2. */
function testMoments(given: RunSettings, estimator: string): void {
  const settings = { ...given, estimator };
  const { method, problem } = settings;
  test(`${method.name}, ${estimator}: the Lyapunov function stays below theory's bound`, async () => {
    const optimum = problem.optimum();
    const best = optimalShifts(problem);
    const rowsOf = rowGradients(problem);
    const atBest = best.map((_, i) => rowsOf(i, optimum));
    const constants = ({ options, facts, n }: Run) => {
      const { gamma, alpha = 0 } = options as Resolved & { alpha?: number };
      const omega = alpha > 0 ? facts.omega("gradient")[0]! : 0;
      const M = alpha > 0 ? (4 * omega) / (n * alpha) : 0;
      const { B, rho } = facts.estimator!.moments[0]!;
      return { gamma, alpha, M, B, rho, weight: ((2 * B) / rho) * gamma ** 2 * ((1 + 2 * omega) / n + alpha * M) };
    };
    const noise = estimator === "importance" ? 2 * spread(problem, false) : 0;
    /** What worker i remembers of its rows. */
    const seen = (run: Run, i: number, x: Float64Array): ArrayLike<number>[] => {
      const { state } = run.network.hosts[i]!;
      if (estimator === "saga" || estimator === "jacsketch") {
        const table = state.vec("estimator table", 12 * atBest[i]!.length).view;
        return atBest[i]!.map((_, row) => table.subarray(12 * row, 12 * row + 12));
      }
      const w = Float64Array.from(state.vec("estimator w").view);
      return rowsOf(i, w.some((v) => v !== 0) ? w : x).map(({ gradient }) => gradient);
    };
    await averageBelow(
      settings,
      80,
      (run, { x, state }) => {
        const { gamma, alpha, M, B, weight } = constants(run);
        const all = Array.from({ length: run.n }, (_, i) => i);
        let sum = distance2(x, optimum);
        if (alpha > 0) sum += M * gamma ** 2 * mean(all.map((i) => distance2(state(i, "h"), best[i]!)));
        if (B === 0) return sum;
        const s2 = (i: number) => mean(seen(run, i, x).map((g, row) => distance2(g, atBest[i]![row]!.gradient)));
        return sum + weight * mean(all.map(s2));
      },
      (run, k, first) => {
        const { gamma, alpha, B, rho } = constants(run);
        const rates = [gamma * run.facts.mu];
        if (alpha > 0) rates.push(alpha / 2);
        if (B > 0) rates.push(rho / 2);
        const rate = Math.min(...rates);
        return (1 - rate) ** k * first + ((gamma ** 2 * noise) / run.n) * ((1 - (1 - rate) ** k) / rate);
      },
    );
  });
}
