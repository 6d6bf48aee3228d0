/** What methods may ask of the drivers: choosing workers, several exchanges, private parts, events, peers, a clock. */
import { describe, expect, test } from "vitest";
import { methods } from "../../src/methods/index.ts";
import type { AsyncServer } from "../../src/run/events.ts";
import { topologies, topology } from "../../src/run/topology.ts";
import { quadratic } from "../methods/problems.ts";
import { build, distance2, type FaultSettings, squares } from "./harness.ts";
import { everyThird, lineSearch, sketches, targets } from "./small-methods.ts";

const faults: FaultSettings = { seed: 3, drop: 0.15, repeat: 0.1, damage: 0.1, delay: 0.1 };

describe("select", () => {
  const problem = quadratic(7, 5);
  test("only the chosen ones answer, and only their gradients count", async () => {
    const run = build({ method: everyThird, problem });
    const x = new Float64Array(5);
    const oracles = Array.from({ length: 7 }, (_, i) => problem.oracle(run.ops, i));
    const [at, g] = [run.ops.vec(5), run.ops.vec(5)];
    for (let round = 0; round < 9; ++round) {
      await run.play(1);
      const chosen = [0, 1, 2, 3, 4, 5, 6].filter((i) => (round + i) % 3 === 0);
      const mean = new Float64Array(5);
      at.view.set(x);
      for (const i of chosen) {
        oracles[i]!.gradient(at, g);
        g.view.forEach((v, j) => {
          mean[j]! += v / chosen.length;
        });
      }
      x.forEach((_, j) => {
        x[j]! -= 0.1 * mean[j]!;
      });
      expect(distance2(await run.x(), x)).toBeLessThan(1e-28 * squares(x));
    }
    const turns = run.network.hosts.map((host) => host.state.scalar("turns").value);
    expect(turns).toEqual([3, 3, 3, 3, 3, 3, 3]);
    // payload: 3 of 9 rounds a worker, d f64
    expect(run.server.ledger.uplinkBits).toBe(3 * 5 * 64);
    expect(run.rounds.resynced).toBe(0);
  });

  test("the same with faults", async () => {
    const clean = build({ method: everyThird, problem });
    await clean.play(40);
    const bad = build({ method: everyThird, problem, faults });
    await bad.play(40);
    expect(await bad.x()).toEqual(await clean.x());
    // a worker that was not asked and missed the broadcast is asked again next time, after a welcome
    expect(bad.rounds.resynced).toBeGreaterThan(0);
    const turns = (run: ReturnType<typeof build>) => run.network.hosts.map((host) => host.state.scalar("turns").value);
    expect(turns(bad)).toEqual(turns(clean)); // a repeated request is answered with the same bytes
  });

  test("workers out of order are refused", async () => {
    const method = { ...everyThird, name: "wrong" };
    const { server } = everyThird;
    method.server = (env, options) => ({
      ...server!(env, options),
      select(_turn, into) {
        into.set([2, 1]);
        return 2;
      },
    });
    await expect(build({ method, problem }).play(1)).rejects.toThrow(/must ascend in 0..6, got 2,1/);
  });
});

describe("several exchanges in a round", () => {
  const problem = quadratic(4, 6);
  test("a line search descends", async () => {
    const run = build({ method: lineSearch, problem });
    await run.play(120);
    expect(distance2(await run.x(), problem.optimum())).toBeLessThan(1e-14);
    expect(run.server.round).toBe(120);
    expect(run.rounds.state.scalar("exchanges").value).toBeGreaterThan(240);
    const bad = build({ method: lineSearch, problem, faults });
    await bad.play(120);
    expect(await bad.x()).toEqual(await run.x());
  });
});

describe("private parts", () => {
  const problem = quadratic(4, 3);
  test("each worker gets its own after the broadcast", async () => {
    const run = build({ method: targets, problem });
    await run.play(3);
    // x grows by the mean of 100 i + round
    expect(Array.from(await run.x())).toEqual([453, 453, 453]);
    expect(run.network.hosts.map((host) => host.state.scalar("mine").value)).toEqual([2, 102, 202, 302]);
    expect(run.server.ledger.downlinkBits).toBe(3 * (3 * 64 + 64));
    const bad = build({ method: targets, problem, faults });
    await bad.play(50);
    const clean = build({ method: targets, problem });
    await clean.play(50);
    expect(await bad.x()).toEqual(await clean.x());
    expect(bad.server.ledger.downlinkBits).toBe(clean.server.ledger.downlinkBits);
    expect(bad.rounds.resynced).toBe(0);
  });

  test("are drawn apart for each worker", async () => {
    const run = build({ method: sketches, problem: quadratic(6, 40), slots: { gradient: "rand-k:k=5" } });
    await run.play(1);
    const seen = run.network.hosts.map((host) => Array.from(host.state.vec("seen").view).join());
    expect(new Set(seen).size).toBe(6);
  });
});

describe("asynchronous runs", () => {
  const problem = quadratic(5, 6);
  const method = methods["async-sgd"]!;
  const laws = {
    constant: [1, 2, 3, 4, 10],
    lognormal: { lognormal: { median: 2, sigma: 1 } },
    values: { values: [3, 1, 2] },
  };
  for (const [name, compute] of Object.entries(laws)) {
    test(`${name} compute times: in order of virtual time, replayed alike`, async () => {
      const network = { compute, uplink: { bandwidth: 1e6, latency: 0.1 } };
      const one = build({ method, problem, network });
      const two = build({ method, problem, network, backend: "reference" });
      const bad = build({ method, problem, network, faults });
      let now = 0;
      for (let i = 0; i < 200; ++i) {
        await one.play(1);
        expect(one.clock!.now).toBeGreaterThanOrEqual(now);
        now = one.clock!.now;
      }
      await two.play(200);
      await bad.play(200);
      expect(await two.x()).toEqual(await one.x());
      expect(await bad.x()).toEqual(await one.x());
      expect(two.clock!.now).toBe(one.clock!.now);
      expect(bad.clock!.now).toBe(one.clock!.now);
    });
  }

  test("delays and times of constant laws are the ones of pencil and paper", async () => {
    const small = quadratic(2, 3);
    const run = build({ method, problem: small, network: { compute: [1, 2.5] } });
    const times: number[] = [];
    for (let i = 0; i < 8; ++i) {
      await run.play(1);
      times.push(run.clock!.now);
    }
    // worker 0 at 1, 2, 3, 4, 5, 6; worker 1 at 2.5, 5 (assigned at 2.5, before worker 0's job of 4)
    expect(times).toEqual([1, 2, 2.5, 3, 4, 5, 5, 6]);
    expect((run.server as AsyncServer).maxDelay).toBe(2);
  });

  test("without a network workers take turns and every delay is n - 1", async () => {
    const run = build({ method, problem });
    await run.play(100);
    expect((run.server as AsyncServer).maxDelay).toBe(4);
  });
});

describe("topologies", () => {
  for (const name of topologies) {
    test(`${name}: symmetric, doubly stochastic, no negative weight`, () => {
      for (const n of name === "torus" ? [9, 12, 16, 30] : [1, 2, 3, 4, 7, 16]) {
        const w = matrix(name, n);
        for (let i = 0; i < n; ++i) {
          expect(w[i]!.reduce((a, b) => a + b)).toBeCloseTo(1, 14);
          expect(w.reduce((sum, row) => sum + row[i]!, 0)).toBeCloseTo(1, 14);
          for (let j = 0; j < n; ++j) {
            expect(w[i]![j]).toBe(w[j]![i]);
            expect(w[i]![j]).toBeGreaterThanOrEqual(0);
          }
        }
      }
    });
  }
  test("a torus needs a rectangle", () => expect(() => topology("torus", 10)).toThrow(/product of two factors >= 3/));
});

function matrix(name: (typeof topologies)[number], n: number): number[][] {
  return topology(name, n).map(({ self, neighbours }, i) => {
    const row = new Array<number>(n).fill(0);
    row[i] = self;
    for (const { id, weight } of neighbours) row[id] = weight;
    return row;
  });
}

/** |lambda_2| of a symmetric doubly stochastic matrix, by powers on vectors without mean. */
function second(w: number[][]): number {
  let v = w.map((_, i) => Math.sin(1 + 3 * i * i));
  let rate = 0;
  for (let k = 0; k < 3000; ++k) {
    const mean = v.reduce((a, b) => a + b) / v.length;
    const next = w.map((row) => row.reduce((sum, a, j) => sum + a * (v[j]! - mean), 0));
    rate = Math.sqrt(squares(next) / squares(v));
    const norm = Math.sqrt(squares(next));
    if (norm < 1e-12) return norm;
    v = next.map((value) => value / norm);
  }
  return rate;
}

describe("peers", () => {
  const n = 16;
  const problem = quadratic(n, 4);
  for (const name of ["ring", "torus", "star", "complete"] as const) {
    test(`gossip on a ${name}: keeps the mean, converges at |lambda_2|`, async () => {
      const run = build({ method: methods.gossip!, problem, options: { spread: 1 }, topology: name });
      const mean = (all: Float64Array) =>
        [0, 1, 2, 3].map((j) => Array.from({ length: n }, (_, i) => all[4 * i + j]!).reduce((a, b) => a + b) / n);
      const spread = (all: Float64Array, m: number[]) => {
        let sum = 0;
        all.forEach((v, at) => {
          sum += (v - m[at % 4]!) ** 2;
        });
        return Math.sqrt(sum);
      };
      const first = await run.x();
      const m = mean(first);
      const rate = second(matrix(name, n));
      const began = spread(first, m);
      let last = began;
      for (let k = 1; k <= 60; ++k) {
        await run.play(1);
        const x = await run.x();
        expect(distance2(mean(x), m)).toBeLessThan(1e-24);
        last = spread(x, m);
        expect(last).toBeLessThan(began * rate ** k * (1 + 1e-9) + 1e-13);
      }
      if (name === "ring") {
        const before = last;
        await run.play(1);
        expect(spread(await run.x(), m) / before).toBeCloseTo(rate, 2); // the rate is reached, not only kept
      }
    });
  }

  test("a lost message is an error, not a drift", async () => {
    const run = build({ method: methods.gossip!, problem: quadratic(4, 3), options: { spread: 1 } });
    const host = run.network.hosts[1]!;
    const receive = host.receive.bind(host);
    let frames = 0;
    host.receive = (frame) => (++frames === 6 ? undefined : receive(frame));
    await expect(run.play(4)).rejects.toThrow(/peer 1: /);
  });
});

describe("clock", () => {
  const problem = quadratic(3, 8);
  test("a synchronous round takes as long as its slowest worker: down, compute, up", async () => {
    const network = {
      compute: [0.5, 1, 0.25],
      downlink: { bandwidth: 1e4, latency: 0.1 },
      uplink: { bandwidth: 1e3, latency: { values: [0.2, 0.3] } },
    };
    const run = build({ method: methods.dgd!, problem, network });
    await run.play(2);
    const frame = 64 + 4 + 16; // d f64, header, trailer
    const fixed = 0.1 + (8 * frame) / 1e4 + 1 + (8 * frame) / 1e3;
    expect(run.clock!.now).toBeCloseTo(2 * fixed + 0.2 + 0.3, 12);
  });

  test("with two fast parts in different workers the sum counts, not each maximum", async () => {
    const network = { compute: [1, 0, 0], uplink: { latency: { values: [0] } }, downlink: { latency: 0.5 } };
    const run = build({ method: methods.dgd!, problem, network });
    await run.play(4);
    expect(run.clock!.now).toBeCloseTo(6, 12);
  });

  test("a turn of peers: compute, then one message a neighbour", async () => {
    const run = build({
      method: methods.gossip!,
      problem: quadratic(4, 8),
      topology: "star",
      network: { compute: 1, uplink: { latency: 0.25 } },
    });
    await run.play(3);
    expect(run.clock!.now).toBeCloseTo(3 * (1 + 3 * 0.25), 12);
  });

  test("a list of laws must fit the workers", () => {
    const network = { compute: [1, 2] };
    expect(() => build({ method: methods.dgd!, problem, network })).toThrow(/one law per worker \(3\), got 2/);
  });
});
