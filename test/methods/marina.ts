/** What MARINA and VR-MARINA are held to besides the conformance of methods. */
import { test } from "vitest";
import type { Method, Problem } from "../../src/core/contracts.ts";
import type { MarinaOptions } from "../../src/methods/marina.ts";
import { distance2, type Run } from "../run/harness.ts";
import { averageBelow } from "./conformance.ts";

export { small, testMethod } from "./conformance.ts";

/** Mean over the workers of a vector of their states. */
export function meanState(run: Run, name: string): Float64Array {
  const sum = new Float64Array(run.dim);
  for (const host of run.network.hosts) {
    const { view } = host.state.vec(name);
    for (let j = 0; j < run.dim; ++j) sum[j]! += view[j]! / run.n;
  }
  return sum;
}

/** V = f - f* + (gamma/p)|g - grad f|^2. */
export function testMarina(
  method: Method,
  problem: Problem,
  slots: Readonly<Record<string, string>>,
  options: Readonly<Record<string, unknown>> = {},
): void {
  test(`${method.name}, ${slots.gradient} ${JSON.stringify(options)}: the Lyapunov function falls as theory says`, async () => {
    const optimum = problem.optimum();
    await averageBelow(
      { method, problem, slots, options, start: new Float64Array(problem.dim).fill(3) },
      150,
      (run, { gradient, loss }, before) => {
        const { gamma, p } = run.options as MarinaOptions;
        const gap = loss(before) - loss(optimum);
        if (run.rounds.round === 0) return gap; // g^0 = grad f(x^0)
        const exact = new Float64Array(run.dim);
        for (let i = 0; i < run.n; ++i) {
          const g = gradient(i, before);
          for (let j = 0; j < run.dim; ++j) exact[j]! += g[j]! / run.n;
        }
        return gap + (gamma / p) * distance2(meanState(run, "g"), exact);
      },
      // after k rounds g belongs to x^{k-1}
      ({ options: { gamma }, facts }, k, first) => (1 - gamma * facts.mu) ** (k - 1) * first,
    );
  });
}
