/** A random part of the workers a round: who they are, what theory counts for it, and what methods keep of their promises. */
import { describe, expect, test } from "vitest";
import { methods } from "../../src/methods/index.ts";
import { createOps } from "../../src/run/cluster.ts";
import { type ParticipationChoice, participationOf, Sampler } from "../../src/run/sampling.ts";
import { averageBelow, floor, mean, optimalShifts } from "../methods/conformance.ts";
import { quadratic, rowsRidge } from "../methods/problems.ts";
import { dualNorms, unevenRidge } from "../methods/smooth.ts";
import { build, distance2, squares } from "./harness.ts";

const problem = quadratic(6, 12, { mu: 1, L: 6, seed: 3 });
const start = Float64Array.from({ length: 12 }, (_, j) => 10 * Math.cos(j));
const slots = { gradient: "rand-k:k=3" };

describe("the sampler", () => {
  const draw = (choice: ParticipationChoice, n: number, rounds: number, seed = 7n) => {
    const sampler = new Sampler(createOps("wasm", "f64"), seed, n, participationOf(choice, n)!);
    const into = new Int32Array(n);
    return Array.from({ length: rounds }, (_, round) => {
      const count = sampler.select({ round, exchange: round % 3 }, into);
      return Array.from(into.subarray(0, count));
    });
  };

  test("nice: every subset of round(p n) workers is as likely, in ascending order", () => {
    const counts = new Map<string, number>();
    const rounds = 12_000;
    for (const subset of draw(0.5, 5, rounds)) {
      expect(subset).toHaveLength(3); // 2.5 rounded
      expect(subset).toEqual([...new Set(subset)].sort());
      counts.set(subset.join(), (counts.get(subset.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    const sigma = Math.sqrt(rounds * 0.1 * 0.9);
    for (const count of counts.values()) expect(Math.abs(count - rounds / 10)).toBeLessThan(5 * sigma);
  });

  test("independent: sizes as of coins given that one falls, subsets of one size as likely", () => {
    const [n, p, rounds] = [4, 0.3, 20_000];
    const counts = new Map<string, number>();
    for (const subset of draw({ independent: p }, n, rounds)) {
      counts.set(subset.join(), (counts.get(subset.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(15);
    for (const [subset, count] of counts) {
      const s = subset.split(",").length;
      const chance = (p ** s * (1 - p) ** (n - s)) / (1 - (1 - p) ** n);
      expect(Math.abs(count - rounds * chance)).toBeLessThan(5 * Math.sqrt(rounds * chance));
    }
  });

  test("a round's workers depend on seed and round alone, and exchanges share them", () => {
    const ops = createOps("wasm", "f64");
    const sampler = new Sampler(ops, 3n, 9, participationOf(0.4, 9)!);
    const [a, b] = [new Int32Array(9), new Int32Array(9)];
    sampler.select({ round: 5, exchange: 0 }, a);
    sampler.select({ round: 1, exchange: 0 }, b);
    sampler.select({ round: 5, exchange: 2 }, b);
    expect(b).toEqual(a);
    expect(draw(0.4, 9, 40, 3n)).not.toEqual(draw(0.4, 9, 40, 4n));
  });

  test("chance and r = n E(1/|S|), also where binomial weights leave the range of doubles", () => {
    expect(participationOf(0.5, 6)).toMatchObject({ chance: 0.5, times: 2 });
    expect(participationOf(0.01, 6)).toMatchObject({ chance: 1 / 6, times: 6 });
    for (const all of [1, 0.95, { independent: 1 }]) expect(participationOf(all, 6)).toBeUndefined();
    const two = participationOf({ independent: 0.5 }, 2)!; // sizes 1, 2 with chances 2/3, 1/3
    expect(two.chance).toBeCloseTo(2 / 3, 14);
    expect(two.times).toBeCloseTo(2 * (2 / 3 + 1 / 6), 14);
    const many = participationOf({ independent: 0.5 }, 5000)!;
    expect(many.chance).toBeCloseTo(0.5, 12);
    expect(many.times).toBeCloseTo(2, 3);
    for (const p of [0, 1.5, -1, Number.NaN]) expect(() => participationOf(p, 6)).toThrow(/must be in \(0, 1\]/);
  });

  test("theory's omega bounds the variance of the mean over S, and is attained where the vectors cancel", () => {
    for (const n of [2, 4, 5]) {
      for (const choice of [1 / n, 0.5, { independent: 0.3 }] as const) {
        const participation = participationOf(choice, n)!;
        const run = build({
          method: methods.dcgd!,
          problem: quadratic(n, 4),
          slots: { gradient: "identity" },
          participation: choice,
        });
        const omega = run.facts.omega("gradient")[0]!;
        const vectors = [
          Array.from({ length: n }, (_, i) => i - (n - 1) / 2),
          Array.from({ length: n }, (_, i) => 1 + i),
        ];
        vectors.forEach((a, which) => {
          const whole = mean(a);
          let variance = 0;
          for (let subset = 1; subset < 1 << n; ++subset) {
            const members = a.filter((_, i) => (subset >> i) & 1);
            const s = members.length;
            const size = participation.sizes[s - 1]! - (participation.sizes[s - 2] ?? 0);
            variance += (size / binomial(n, s)) * (mean(members) - whole) ** 2;
          }
          const bound = (omega / n) * mean(a.map((v) => v * v));
          if (which === 0) expect(variance / bound).toBeCloseTo(1, 10);
          else expect(variance).toBeLessThan(bound);
        });
      }
    }
  });
});

const binomial = (n: number, s: number): number => (s === 0 ? 1 : (binomial(n - 1, s - 1) * n) / s);

describe("participation 1 is none", () => {
  for (const name of ["dcgd", "diana", "rand-diana"]) {
    test(`${name}: bit for bit`, async () => {
      const [all, none] = [
        build({ method: methods[name]!, problem, slots, participation: 1 }),
        build({ method: methods[name]!, problem, slots }),
      ];
      await Promise.all([all.play(40), none.play(40)]);
      expect(await all.x()).toEqual(await none.x());
      expect(all.options).toEqual(none.options);
      expect(all.rounds.ledger.downlinkFramingBits).toBe(none.rounds.ledger.downlinkFramingBits);
    });
  }
});

const choices: readonly ParticipationChoice[] = [0.5, { independent: 0.4 }];

describe("promises", () => {
  for (const participation of choices) {
    const label = JSON.stringify(participation);
    for (const [name, rounds] of [
      ["dcgd-star", 1500],
      ["diana", 2600],
      ["rand-diana", 2600],
    ] as const) {
      test(`${name}, ${label}: linear to 1e-20, the others' uplink saved`, async () => {
        const run = build({ method: methods[name]!, problem, slots, start, participation });
        await run.play(rounds);
        expect(distance2(await run.x(), problem.optimum()) / distance2(start, problem.optimum())).toBeLessThan(1e-20);
        const full = build({ method: methods[name]!, problem, slots, start });
        await full.play(rounds);
        const share = run.server.ledger.uplinkBits / full.server.ledger.uplinkBits;
        if (name !== "rand-diana") expect(share).toBeCloseTo(run.facts.participation, 1);
        expect(share).toBeLessThan(0.8);
      });
    }

    test(`diana, ${label}: the Lyapunov function falls as theory says`, async () => {
      const best = optimalShifts(problem);
      const optimum = problem.optimum();
      await averageBelow(
        { method: methods.diana!, problem, slots, start: new Float64Array(12).fill(3), participation },
        100,
        ({ options, facts, n }, { x, state }) => {
          const { gamma, alpha } = options as typeof options & { alpha: number };
          const M = (4 * facts.omega("gradient")[0]!) / (n * alpha);
          return distance2(x, optimum) + M * gamma * gamma * mean(best.map((h, i) => distance2(state(i, "h"), h)));
        },
        ({ options, facts }, k, first) => {
          const { gamma, alpha } = options as typeof options & { alpha: number };
          return Math.max(1 - gamma * facts.mu, 1 - alpha / 2) ** k * first;
        },
      );
    });

    test(`dcgd, ${label}: the neighbourhood is theory's`, async () => {
      const settings = { method: methods.dcgd!, problem, slots, participation };
      const { options, facts } = build(settings);
      const zeta = mean(optimalShifts(problem).map(squares));
      const radius = (((2 * options.gamma) / facts.mu) * facts.omega("gradient")[0]! * zeta) / 6;
      const value = await floor(settings, 200, 500);
      expect(value).toBeLessThan(radius);
      expect(value).toBeGreaterThan(1e-2 * radius);
    });
  }

  // the smoothness-aware ones and sega: scriptL, omega and alpha count the sampling as diana's do
  test.each([
    ["diana+", "smooth:of=(rand-k:k=3)", 2600],
    ["sega", "rand-k:k=3", 3000],
  ] as const)("%s with %s: linear to 1e-20", async (name, gradient, rounds) => {
    const run = build({ method: methods[name]!, problem, slots: { gradient }, start, participation: 0.5 });
    await run.play(rounds);
    expect(distance2(await run.x(), problem.optimum()) / distance2(start, problem.optimum())).toBeLessThan(1e-20);
  });

  test("diana+: the Lyapunov function falls as theory says", async () => {
    const rows = unevenRidge();
    const best = optimalShifts(rows);
    const norms = dualNorms(rows);
    const optimum = rows.optimum();
    const slots = { gradient: "smooth:of=(rand-k:k=5)" };
    await averageBelow(
      {
        method: methods["diana+"]!,
        problem: rows,
        slots,
        participation: 0.5,
        start: new Float64Array(rows.dim).fill(3),
      },
      60,
      ({ options, facts, n }, { x, state }) => {
        const { gamma, alpha } = options as typeof options & { alpha: number };
        const scriptL = Math.max(...facts.smooth("gradient").map((of) => of.scriptL));
        const errors = best.map((h, i) => norms[i]!(state(i, "h").map((v, j) => v - h[j]!)));
        return distance2(x, optimum) + ((4 * scriptL * gamma ** 2) / (n * alpha)) * mean(errors);
      },
      ({ options, facts }, k, first) => {
        const { gamma, alpha } = options as typeof options & { alpha: number };
        return Math.max(1 - gamma * facts.mu, 1 - alpha / 2) ** k * first;
      },
    );
  });

  test("dcgd+: the neighbourhood is theory's, with scriptL that counts the sampling", async () => {
    const rows = unevenRidge();
    const settings = {
      method: methods["dcgd+"]!,
      problem: rows,
      slots: { gradient: "smooth:of=(rand-k:k=5)" },
      participation: 0.5,
    };
    const { options, facts, n } = build(settings);
    const norms = dualNorms(rows);
    const constants = facts.smooth("gradient");
    const noise = mean(optimalShifts(rows).map((h, i) => constants[i]!.scriptL * norms[i]!(h)));
    const radius = ((2 * options.gamma) / (facts.mu * n)) * noise;
    const value = await floor(settings, 200, 400);
    expect(value).toBeLessThan(radius);
    expect(value).toBeGreaterThan(1e-3 * radius);
  });

  test("vr-diana: estimates and a part of the workers, linear to 1e-20", async () => {
    const rows = rowsRidge();
    const settings = { method: methods["vr-diana"]!, problem: rows, slots: { gradient: "rand-k:k=6" } };
    const run = build({ ...settings, participation: 0.5 });
    await run.play(12_000);
    expect(distance2(await run.x(), rows.optimum()) / squares(rows.optimum())).toBeLessThan(1e-20);
  });

  test("dcgd with the identity: the plateau is the sampling's alone", async () => {
    const settings = { method: methods.dcgd!, problem, slots: { gradient: "identity" }, participation: 0.5 };
    const { options, facts } = build(settings);
    expect(facts.omega("gradient")[0]).toBeCloseTo((2 - 1) * (6 / 5), 12);
    const radius = (((2 * options.gamma) / facts.mu) * 1.2 * mean(optimalShifts(problem).map(squares))) / 6;
    const value = await floor(settings, 300, 600);
    expect(value).toBeLessThan(radius);
    expect(value).toBeGreaterThan(1e-2 * radius);
  });

  test("diana with psi and a biased part", async () => {
    const settings = {
      method: methods.diana!,
      problem,
      slots: { gradient: "rand-k:k=3", shift: "top-k:k=3" },
      start,
      participation: 0.5,
    };
    const run = build(settings);
    const facts = run.facts;
    // omega_i (1 - delta_i) of the compressors themselves, then the sampling
    const { alpha, shiftStep } = run.options as typeof run.options & { alpha: number; shiftStep: number };
    expect(alpha).toBeCloseTo(1 / (1 + 2 * (3 * 0.75) + 1.2), 12);
    expect(shiftStep).toBeCloseTo(2 * alpha, 12);
    expect(facts.participation).toBe(0.5);
    await run.play(2600);
    expect(distance2(await run.x(), problem.optimum()) / distance2(start, problem.optimum())).toBeLessThan(1e-20);
  });

  test("methods that do not cover it are refused, with the rule", () => {
    for (const name of ["dgd", "gdci", "ef", "dcgd-shift", "async-sgd", "gossip"]) {
      const method = methods[name]!;
      const identity = Object.fromEntries(Object.keys(method.needs.compressors).map((slot) => [slot, "identity"]));
      expect(() => build({ method, problem, slots: identity, participation: 0.5 })).toThrow(
        new RegExp(`experiment.participation: ${name} does not cover participation`),
      );
    }
  });
});

describe("workers that were not asked keep their state", () => {
  test("diana: whatever is lost, the iterates are those without losses and twins stay twins", async () => {
    for (let seed = 1; seed <= 4; ++seed) {
      const faults = { seed, drop: 0.15, repeat: 0.1, damage: 0.1, delay: 0.1 };
      const settings = { method: methods.diana!, problem, slots, participation: 0.5, resync: true };
      const [bad, clean] = [build({ ...settings, faults }), build(settings)];
      await Promise.all([bad.play(60), clean.play(60)]);
      expect(bad.network.counts.drop).toBeGreaterThan(20);
      expect(bad.rounds.resynced).toBeGreaterThan(0); // one that was not asked notices a gap when the next broadcast comes
      const [x, y] = [await bad.x(), await clean.x()]; // a welcome brings the server's copy of h_i: equal to rounding
      expect(distance2(x, y)).toBeLessThan(1e-26 * squares(y));
      bad.network.on = false;
      await bad.rounds.snapshot();
      bad.network.hosts.forEach((host, i) => {
        expect(distance2(host.state.vec("h").view, bad.rounds.state.vec(`h ${i}`).view)).toBeLessThan(1e-24);
      });
    }
  });

  test("only those asked move their shifts", async () => {
    const run = build({ method: methods.diana!, problem, slots, participation: 0.5 });
    for (let k = 0; k < 20; ++k) {
      const before = run.network.hosts.map((host) => Array.from(host.state.vec("h").view));
      await run.play(1);
      await run.rounds.snapshot();
      const moved = run.network.hosts.filter((host, i) => distance2(host.state.vec("h").view, before[i]!) > 0);
      expect(moved).toHaveLength(3);
    }
  });
});
