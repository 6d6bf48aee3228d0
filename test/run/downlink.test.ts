/** Compressed broadcasts: one w everywhere whatever the network does, bits as sent, and what methods keep of their promises. */
import { describe, expect, test } from "vitest";
import { methods } from "../../src/methods/index.ts";
import { averageBelow, mean, optimalShifts } from "../methods/conformance.ts";
import { quadratic, rowsRidge } from "../methods/problems.ts";
import { build, distance2, type FaultSettings, type Run, type RunSettings, squares } from "./harness.ts";

const problem = quadratic(6, 12, { mu: 1, L: 6, seed: 3 });
const start = Float64Array.from({ length: 12 }, (_, j) => 10 * Math.cos(j));
const model = "top-k:k=6";
const unbiased = { gradient: "rand-k:k=3", model };
const all: FaultSettings = { seed: 1, drop: 0.15, repeat: 0.1, damage: 0.1, delay: 0.1 };

const w = (node: { state: Run["rounds"]["state"] }): number[] => Array.from(node.state.vec("downlink w").view);

const members: Record<string, [slots: Record<string, string>, rounds: number]> = {
  dgd: [{ model }, 4500],
  "dcgd-star": [unbiased, 8000],
  diana: [unbiased, 8000],
  "rand-diana": [unbiased, 8000],
  ef21: [{ gradient: "top-k:k=6", model: "top-k:k=9" }, 9000],
};

describe("promises", () => {
  for (const [name, [slots, rounds]] of Object.entries(members)) {
    test(`${name}: linear to 1e-20 with theory's step`, async () => {
      const run = build({ method: methods[name]!, problem, slots, start });
      await run.play(rounds);
      expect(distance2(await run.x(), problem.optimum()) / distance2(start, problem.optimum())).toBeLessThan(1e-20);
      expect(run.options.formula).toMatch(/delta|theta_M/);
    });
  }

  test("dgd: the Lyapunov function falls by 1 - min(gamma mu/2, delta/4) in every round", async () => {
    const run = build({ method: methods.dgd!, problem, slots: { model: "top-k:k=2" }, start });
    const { gamma } = run.options;
    const { L, mu } = run.facts;
    const delta = 2 / 12;
    const V = async () => {
      const x = await run.x();
      return distance2(x, problem.optimum()) + ((12 * gamma * L) / delta) * distance2(w(run.rounds), x);
    };
    // between rounds w is one step behind x: |w - x+|^2 enters the next round times 1 - delta, the bound is on what enters
    let last = Number.POSITIVE_INFINITY;
    for (let k = 0; k < 200; ++k) {
      await run.play(1);
      const value = await V();
      if (k > 1) expect(value).toBeLessThan(last);
      last = value;
    }
    expect(last).toBeLessThan((await startingV(run)) * (1 - Math.min((gamma * mu) / 2, delta / 4)) ** 200);
  });
  const startingV = async (run: Run) => distance2(run.start, problem.optimum());

  test("diana: averaged over seeds, the Lyapunov function falls as theory says", async () => {
    const best = optimalShifts(problem);
    const optimum = problem.optimum();
    const slots = { gradient: "rand-k:k=6", model: "top-k:k=6" };
    await averageBelow(
      { method: methods.diana!, problem, slots, start: new Float64Array(12).fill(3) },
      60,
      ({ options, n }, { x, state }) => {
        // without c|w - x|^2, which only adds; (1 + c) >= 1
        const { gamma, alpha } = options as typeof options & { alpha: number };
        return (
          distance2(x, optimum) +
          (4 / (n * alpha)) * gamma * gamma * mean(best.map((h, i) => distance2(state(i, "h"), h)))
        );
      },
      ({ options, facts, n }, k) => {
        const { gamma, alpha } = options as typeof options & { alpha: number };
        const c = (12 * gamma * facts.L) / 0.5;
        const M = (1 + c) * (4 / (n * alpha));
        const first = distance2(new Float64Array(12).fill(3), optimum) + M * gamma * gamma * mean(best.map(squares));
        return (1 - Math.min((gamma * facts.mu) / 2, 0.5 / 4, alpha / 2)) ** k * first;
      },
    );
  });

  test("dcgd: a plateau within twice the noise's bound", async () => {
    const optimum = problem.optimum();
    let [sum, count] = [0, 0];
    let bound = 0;
    for (let seed = 1; seed <= 3; ++seed) {
      const run = build({ method: methods.dcgd!, problem, slots: unbiased, start: optimum, seed });
      const { gamma } = run.options;
      const { L, mu } = run.facts;
      const c = (12 * gamma * L) / 0.5;
      bound = (2 * (1 + c) * gamma * (2 * 3 * mean(optimalShifts(problem).map(squares)))) / 6 / mu;
      await run.play(300);
      for (let k = 0; k < 400; ++k, ++count) {
        await run.play(1);
        sum += distance2(await run.x(), optimum);
      }
    }
    expect(sum / count).toBeLessThan(bound);
    expect(sum / count).toBeGreaterThan(1e-3 * bound);
  });

  test("vr-diana: estimates, a part of the workers and a compressed broadcast together", async () => {
    const rows = rowsRidge();
    const slots = { gradient: "rand-k:k=6", model: "top-k:k=8" };
    const run = build({ method: methods["vr-diana"]!, problem: rows, slots, participation: 0.5 });
    const optimum = rows.optimum();
    const error = async () => distance2(await run.x(), optimum) / squares(optimum);
    const found: number[] = [];
    for (let block = 0; block < 3; ++block) {
      await run.play(3000);
      found.push(await error());
    }
    // slow, since theory counts all three; but by the same factor in every block
    expect(found[1]! / found[0]!).toBeLessThan(0.3);
    expect(found[2]! / found[1]!).toBeLessThan(0.3);
  });

  test("ef21: with a part of the workers too", async () => {
    const settings: RunSettings = {
      method: methods.ef21!,
      problem,
      slots: { gradient: "top-k:k=9" },
      start,
      participation: 0.5,
    };
    const run = build(settings);
    const theta = 1 - Math.sqrt(1 - 0.375);
    const { L, Ltilde } = run.facts;
    expect(run.options.gamma).toBeCloseTo(1 / (L + (Ltilde * Math.SQRT2 * Math.sqrt(1 - 0.375)) / theta), 12);
    await run.play(2500);
    expect(distance2(await run.x(), problem.optimum()) / distance2(start, problem.optimum())).toBeLessThan(1e-20);
  });

  test("uncompressed, the step is the usual one and w is x to rounding", async () => {
    for (const name of ["dgd", "diana", "ef21"]) {
      const gradient: Record<string, string> =
        name === "dgd" ? {} : { gradient: name === "diana" ? "rand-k:k=3" : "top-k:k=6" };
      const [plain, identity] = [gradient, { ...gradient, model: "identity" }].map((slots) =>
        build({ method: methods[name]!, problem, slots, start }),
      ) as [Run, Run];
      expect(identity.options).toEqual(plain.options);
      await Promise.all([plain.play(30), identity.play(30)]);
      const [x, y] = [await plain.x(), await identity.x()];
      expect(distance2(x, y)).toBeLessThan(1e-26 * squares(x));
    }
  });
});

describe("one w everywhere", () => {
  const settings: RunSettings = { method: methods.diana!, problem, slots: unbiased, start };

  test("bits are those sent, and workers that were not asked follow", async () => {
    const run = build({ ...settings, participation: 0.5 });
    const plain = build({ ...settings, slots: { gradient: unbiased.gradient }, participation: 0.5 });
    for (let k = 0; k < 20; ++k) {
      await Promise.all([run.play(1), plain.play(1)]);
      for (const host of run.network.hosts) expect(w(host)).toEqual(w(run.rounds));
    }
    const bits = run.server.ledger.downlinkBits / 20;
    expect(plain.server.ledger.downlinkBits / 20).toBe(12 * 64);
    expect(bits).toBeLessThan(8 * (6 * 8 + 4)); // six values and where they stand
    expect(bits).toBeGreaterThan(6 * 64);
    expect(run.server.ledger.uplinkBits).toBe(plain.server.ledger.uplinkBits);
  });

  for (const name of Object.keys(members)) {
    const own: RunSettings = { method: methods[name]!, problem, slots: members[name]![0], start };
    test(`${name}: asking again, iterates as without faults`, async () => {
      const clean = build(own);
      await clean.play(60);
      for (let seed = 1; seed <= 4; ++seed) {
        const bad = build({ ...own, faults: { ...all, seed } });
        await bad.play(60);
        expect(bad.rounds.resynced).toBe(0);
        expect(bad.network.counts.drop).toBeGreaterThan(20);
        expect(bad.rounds.repeated + bad.rounds.late).toBeGreaterThan(5);
        expect(await bad.x()).toEqual(await clean.x());
        for (const host of bad.network.hosts) expect(w(host)).toEqual(w(bad.rounds));
        expect(bad.server.ledger.downlinkBits).toBe(clean.server.ledger.downlinkBits);
      }
    });
  }

  test("partial rounds with losses: a worker that replies has the server's w", async () => {
    for (const participation of [1, 0.5]) {
      for (let seed = 1; seed <= 4; ++seed) {
        const run = build({ ...settings, participation, partial: true, resync: true, faults: { ...all, seed } });
        for (let block = 0; block < 5; ++block) {
          await run.play(15);
          run.network.on = false;
          await run.rounds.snapshot(); // whoever has a gap is welcomed
          for (const host of run.network.hosts) expect(w(host)).toEqual(w(run.rounds));
          run.network.on = true;
        }
        expect(run.rounds.resynced).toBeGreaterThan(0);
        expect(run.rounds.lost).toBeGreaterThan(10);
      }
    }
  });

  test("a worker rebuilt from nothing is welcomed with w, before its broadcast or after", async () => {
    for (const participation of [1, 0.5]) {
      const own = { ...settings, participation, resync: true };
      const clean = build(own);
      await clean.play(30);
      const run = build(own);
      await run.play(12);
      run.network.hosts[3] = run.host(3);
      await run.play(18);
      expect(run.rounds.resynced).toBe(1);
      expect(w(run.network.hosts[3]!)).toEqual(w(run.rounds));
      const [x, y] = [await run.x(), await clean.x()];
      expect(distance2(x, y)).toBeLessThan(1e-24 * squares(y));
    }
  });

  test("a checkpoint holds w", async () => {
    const own = { ...settings, participation: 0.5 };
    const whole = build(own);
    await whole.play(13);
    const saved = structuredClone(await whole.rounds.snapshot());
    await whole.play(10);
    const resumed = build(own);
    await resumed.play(2);
    await resumed.rounds.restore(saved);
    await resumed.play(10);
    expect(await resumed.x()).toEqual(await whole.x());
    for (const host of resumed.network.hosts) expect(w(host)).toEqual(w(whole.rounds));
  });
});

test("what is refused, with the rule", () => {
  const make = (name: string, slots: Record<string, string>, more: Partial<RunSettings> = {}) =>
    build({ method: methods[name]!, problem, slots, ...more });
  expect(() => make("gdci", unbiased)).toThrow(/experiment.compressors.model: gdci does not cover downlink/);
  expect(() => make("diana", unbiased, { prox: "l1:lambda=1" })).toThrow(
    /prox and a compressor for the slot model exclude/,
  );
  expect(() => make("diana", { gradient: "rand-k:k=3", model: "rand-k:k=3" })).toThrow(/delta > 0\) in slot model/);
});

test("a method that covers it must begin broadcasts with the iterate", async () => {
  const dgd = methods.dgd!;
  const dense = {
    ...dgd,
    server: (env: Parameters<NonNullable<typeof dgd.server>>[0]) => ({
      x: env.start,
      open: (_turn: object, down: { dense(x: typeof env.start): void }) => down.dense(env.start),
      receive() {},
      close: () => true,
      welcome() {},
    }),
  };
  await expect(async () => build({ method: dense, problem, slots: { model } }).play(1)).rejects.toThrow(
    /begins every broadcast/,
  );
});
