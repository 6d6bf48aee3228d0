import { expect, test } from "vitest";
import { contraction } from "../../src/methods/ef21.ts";
import { ef21Bc } from "../../src/methods/ef21-bc.ts";
import { build, distance2, type Run, squares } from "../run/harness.ts";
import { averageBelow, mean, small, testMethod } from "./conformance.ts";
import { counterExample } from "./problems.ts";

const slots = { gradient: "top-k:k=6", model: "top-k:k=6" };
testMethod(ef21Bc, { slots, linear: { "top-k both ways": { slots, rounds: 9000 } } });

test("ef21-bc: server and workers have the same b and x, losses and all; down come corrections alone", async () => {
  for (const faults of [undefined, { seed: 2, drop: 0.15, repeat: 0.1, damage: 0.1, delay: 0.1 }]) {
    for (const partial of [false, true]) {
      const run = build({ method: ef21Bc, problem: small(), slots, partial, resync: true, ...(faults && { faults }) });
      await run.play(40);
      run.network.on = false;
      await run.play(3); // whoever missed a broadcast is welcomed
      await run.rounds.snapshot();
      const { state } = run.rounds;
      for (const host of run.network.hosts) {
        expect(Array.from(host.state.vec("b").view), `${JSON.stringify(faults)} ${partial}`).toEqual(
          Array.from(state.vec("b").view),
        );
        expect(distance2(host.state.vec("x").view, run.rounds.x.view)).toBe(0);
      }
      if (!faults) expect(run.server.ledger.downlinkBits / 43).toBeLessThan((12 * 64) / 43 + 8 * (6 * 8 + 4));
    }
  }
});

test("ef21-bc: the Lyapunov function falls as theory says", async () => {
  const problem = small();
  const optimum = problem.optimum();
  const { theta, r } = contraction(6 / 12);
  const growth = 1 + 2 * ((2 - theta) * r) ** 2 * (1 + 1 / (Math.SQRT2 * r)); // both slots have this delta
  const last = new Map<Run, { own: number; g: Float64Array }>();
  await averageBelow(
    {
      method: ef21Bc,
      problem,
      slots: { gradient: "biased-rand-k:k=6", model: "biased-rand-k:k=6" },
      start: new Float64Array(12).fill(3),
    },
    200,
    (run, { x, state, gradient, loss }) => {
      const { gamma } = run.options;
      const errors = Array.from({ length: run.n }, (_, i) => distance2(state(i, "g"), gradient(i, x)));
      const now = { own: loss(x) - loss(optimum) + ((2 * gamma) / theta) * growth * mean(errors) };
      // b follows the g of a round when the next one opens
      const before = last.get(run);
      last.set(run, { ...now, g: Float64Array.from(run.rounds.state.vec("g").view) });
      if (!before) return now.own;
      return before.own + ((2 * gamma) / theta) * distance2(run.rounds.state.vec("b").view, before.g);
    },
    ({ options, facts }, k, first) => (1 - options.gamma * facts.mu) ** (k - 1) * first,
  );
});

test("ef21-bc: uncompressed it is gradient descent with a step of gamma, one round late", async () => {
  const problem = small();
  const identity = { gradient: "identity", model: "identity" };
  const run = build({ method: ef21Bc, problem, slots: identity, start: new Float64Array(12).fill(3) });
  const oracle = problem.oracle(run.ops, -1);
  const [x, g] = [run.ops.vec(12), run.ops.vec(12)];
  await run.play(1);
  for (let round = 0; round < 40; ++round) {
    x.view.set(await run.x());
    oracle.gradient(x, g);
    const wanted = Float64Array.from(x.view, (v, j) => v - run.options.gamma * g.view[j]!);
    await run.play(1);
    expect(Math.sqrt(distance2(await run.x(), wanted) / squares(wanted))).toBeLessThan(1e-13);
  }
});

test("ef21-bc: with top-1 both ways the counter-example converges", async () => {
  const slots = { gradient: "top-k:k=1", model: "top-k:k=1" };
  const settings = { method: ef21Bc, problem: counterExample(), slots, options: { gamma: 0.005 }, resync: true };
  const run = build(settings);
  await run.play(20000);
  expect(Math.sqrt(squares(await run.x()))).toBeLessThan(1e-20);
});
