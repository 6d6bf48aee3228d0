import { describe, expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { threePc } from "../../src/methods/3pc.ts";
import { ef21 } from "../../src/methods/ef21.ts";
import { createProx } from "../../src/prox/index.ts";
import { optimumOf } from "../../src/run/evaluator.ts";
import { build, distance2, type Run, type RunSettings, squares } from "../run/harness.ts";
import { averageBelow, mean, small, testMethod } from "./conformance.ts";

const lazy = { map: "clag:zeta=2,of=(top-k:k=6)" };
testMethod(threePc as Method, {
  slots: { map: "3pcv3:map=(marina:p=0.3,of=(rand-k:k=3)),of=(top-k:k=2)" },
  descent: (run) => run.options.gamma,
  linear: {
    clag: { slots: lazy, rounds: 1500 },
    lag: { slots: { map: "lag:zeta=1" }, rounds: 600 },
    "3pcv2": { slots: { map: "3pcv2:unbiased=(rand-k:k=3),of=(top-k:k=6)" }, rounds: 1500 },
    "3pcv5": { slots: { map: "3pcv5:p=0.5,of=(top-k:k=6)" }, rounds: 1000 },
  },
});

describe("3pc: the Lyapunov function falls as theory says", () => {
  test.each([
    "ef21:of=(biased-rand-k:k=4)",
    "lag:zeta=4",
    "clag:zeta=4,of=(biased-rand-k:k=6)",
    "3pcv1:of=(biased-rand-k:k=3)",
    "3pcv2:unbiased=(rand-k:k=4),of=(biased-rand-k:k=6)",
    "3pcv3:map=(lag:zeta=4),of=(biased-rand-k:k=3)",
    "3pcv4:first=(biased-rand-k:k=4),of=(top-k:k=2)",
    "3pcv5:p=0.3,of=(biased-rand-k:k=4)",
    "marina:p=0.3,of=(rand-k:k=4)",
  ])("%s", async (map) => {
    const problem = small();
    const optimum = problem.optimum();
    await averageBelow(
      { method: threePc as Method, problem, slots: { map }, start: new Float64Array(12).fill(3) },
      80,
      ({ options, facts, n }, { state, gradient, loss }, before) => {
        // after a round g_i belongs to the x before it: that is V of the round; the start is a round with g_i = 0
        const errors = Array.from({ length: n }, (_, i) => distance2(state(i, "g"), gradient(i, before)));
        const [A] = facts.constants("map")[0]!.threePoint!;
        return loss(before) - loss(optimum) + (options.gamma / A) * mean(errors);
      },
      ({ options, facts }, k, first) => (1 - options.gamma * facts.mu) ** k * first,
    );
  });
});

test("3pc, psi = 1.5|x|_1: the Lyapunov function of estimates.ts falls as it should", async () => {
  const problem = small();
  const prox = "l1:lambda=1.5";
  const optimum = optimumOf(problem, createProx(prox));
  const F = (loss: (x: Float64Array) => number, x: Float64Array) =>
    loss(x) + 1.5 * x.reduce((sum, v) => sum + Math.abs(v), 0);
  const A = (run: Run) => run.facts.constants("map")[0]!.threePoint![0];
  await averageBelow(
    {
      method: threePc as Method,
      problem,
      slots: { map: "3pcv5:p=0.5,of=(biased-rand-k:k=6)" },
      start: new Float64Array(12).fill(3),
      prox,
    },
    80,
    (run, { state, gradient, loss }, before) => {
      const { gamma } = run.options;
      const errors = Array.from({ length: run.n }, (_, i) => distance2(state(i, "g"), gradient(i, before)));
      const gap = F(loss, before) - F(loss, optimum);
      return (1 + (gamma * run.facts.mu) / 9) * gap + ((11 * gamma) / (9 * A(run))) * mean(errors);
    },
    (run, k, first) => Math.max(1 / (1 + (run.options.gamma * run.facts.mu) / 9), 1 - A(run) / 2) ** (k - 1) * first,
  );
});

test("3pc: with ef21's map it is ef21, bit for bit, and has its step", async () => {
  const base = { problem: small(), start: new Float64Array(12).fill(3), seed: 5 };
  const of = "biased-rand-k:k=5";
  const theory = [
    build({ ...base, method: threePc as Method, slots: { map: `ef21:of=(${of})` } }),
    build({ ...base, method: ef21 as Method, slots: { gradient: of } }),
  ].map((run) => run.options.gamma);
  expect(theory[0]! / theory[1]!).toBeCloseTo(1, 13);
  const options = { gamma: theory[1]! };
  for (const resync of [false, true]) {
    const own = build({ ...base, method: threePc as Method, slots: { map: `ef21:of=(${of})` }, options, resync });
    const other = build({ ...base, method: ef21 as Method, slots: { gradient: of }, options, resync });
    for (let block = 0; block < 10; ++block) {
      await Promise.all([own.play(20), other.play(20)]);
      expect(await own.x()).toEqual(await other.x());
    }
    expect(own.server.ledger.uplinkBits).toBe(other.server.ledger.uplinkBits);
  }
});

/** Runs until the error is below `target`; counts messages that moved g_i. */
async function spent(map: string, gamma: number, target: number) {
  const problem = small();
  const optimum = problem.optimum();
  const start = new Float64Array(12).fill(3);
  const run = build({ method: threePc as Method, problem, slots: { map }, start, options: { gamma } });
  const first = distance2(start, optimum);
  let [sent, rounds] = [0, 0];
  const held = () => run.network.hosts.map((host) => Float64Array.from(host.state.vec("g").view));
  let before = held();
  for (; rounds < 5000 && distance2(await run.x(), optimum) > target * first; ++rounds) {
    await run.play(1);
    await run.rounds.snapshot(); // workers settle
    const now = held();
    sent += now.filter((g, i) => distance2(g, before[i]!) > 0).length;
    before = now;
  }
  return { rounds, sent, bits: run.server.ledger.uplinkBits, n: run.n };
}

test("3pc: a message that is skipped costs one byte, and lazy maps send fewer bits", async () => {
  const target = 1e-12;
  const plain = await spent("lag:zeta=0", 0.1, target);
  const lag = await spent("lag:zeta=1", 0.1, target);
  for (const { rounds, sent, bits, n } of [plain, lag])
    expect(bits).toBeCloseTo((8 * (n * rounds + sent * 12 * 8)) / n, 6);
  expect(plain.sent).toBe(plain.rounds * plain.n);
  expect(lag.sent).toBeLessThan(0.75 * lag.rounds * lag.n);
  expect(lag.bits).toBeLessThan(0.9 * plain.bits);
  const eager = await spent("clag:zeta=0,of=(top-k:k=4)", 0.05, target);
  const clag = await spent("clag:zeta=4,of=(top-k:k=4)", 0.05, target);
  expect(clag.sent).toBeLessThan(0.9 * clag.rounds * clag.n);
  expect(clag.bits).toBeLessThan(eager.bits);
});

test("3pc: without PL the mean of |grad f|^2 keeps theory's bound", async () => {
  const problem = small();
  const settings: RunSettings = { method: threePc as Method, problem, slots: { map: "ef21:of=(top-k:k=2)" } };
  const run = build({ ...settings, options: { regime: "non-convex" }, start: new Float64Array(12).fill(3) });
  const pl = build(settings);
  expect(run.options.formula).toBe("1/(L + Ltilde sqrt(B/A))");
  expect(run.options.gamma).toBeGreaterThan(pl.options.gamma);
  const { ops, n } = run;
  const [x, g] = [ops.vec(12), ops.vec(12)];
  const at = async (worker: number) => {
    x.view.set(await run.x());
    const oracle = problem.oracle(ops, worker);
    oracle.gradient(x, g);
    return { square: squares(g.view), loss: oracle.loss(x) };
  };
  const begin = await at(-1);
  const [A] = run.facts.constants("map")[0]!.threePoint!;
  let G = 0;
  for (let i = 0; i < n; ++i) G += (await at(i)).square / n;
  const best = build({ ...settings, start: problem.optimum() });
  x.view.set(await best.x());
  const least = problem.oracle(ops, -1).loss(x);
  const T = 40;
  let sum = 0;
  for (let k = 0; k < T; ++k) {
    sum += (await at(-1)).square / T;
    await run.play(1);
  }
  const bound = (2 * (begin.loss - least)) / (run.options.gamma * T) + G / (A * T);
  expect(sum).toBeLessThan(bound);
  expect(sum).toBeGreaterThan(1e-3 * bound);
  expect(() => build({ ...settings, options: { regime: "none" } })).toThrow(/3pc: regime must be/);
});
