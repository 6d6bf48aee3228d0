/** States: by name, whole or not at all; a run that is taken up from a checkpoint goes on bit for bit. */
import { describe, expect, test } from "vitest";
import { WireError } from "../../src/core/errors.ts";
import { methods } from "../../src/methods/index.ts";
import { createOps } from "../../src/run/cluster.ts";
import type { Checkpoint } from "../../src/run/control.ts";
import { NodeState } from "../../src/run/state.ts";
import { quadratic, ridge } from "../methods/problems.ts";
import { build, type RunSettings } from "./harness.ts";

describe("state", () => {
  const fill = () => {
    const state = new NodeState(createOps("wasm", "f64"), 3);
    state.vec("x").view.set([1, -0, 3]);
    state.vec("small", 1).view[0] = 7;
    state.scalar("p").value = Math.PI;
    state.bytes("raw", 5).view.set([1, 2, 3, 4, 5]);
    return state;
  };

  test("a name asked for again is the same memory; another size is an error", () => {
    const state = fill();
    expect(state.vec("x").ptr).toBe(state.vec("x").ptr);
    expect(state.scalar("p").value).toBe(Math.PI);
    expect(() => state.vec("x", 4)).toThrow(/"vec x" has 24 bytes, asked for again with 32/);
    expect(state.size).toBe(24 + 8 + 8 + 5);
  });

  test("restores by name, in any order, also entries asked for later", () => {
    const snapshot = fill().snapshot();
    const other = new NodeState(createOps("reference", "f64"), 3);
    const raw = other.bytes("raw", 5);
    const x = other.vec("x");
    other.restore(snapshot);
    expect(Array.from(x.view)).toEqual([1, -0, 3]);
    expect(Array.from(raw.view)).toEqual([1, 2, 3, 4, 5]);
    expect(other.vec("small", 1).view[0]).toBe(7);
    const again = new NodeState(createOps("wasm", "f64"), 3);
    again.restore(other.snapshot()); // p was never asked for: kept all the same
    expect(again.scalar("p").value).toBe(Math.PI);
    expect(() => again.bytes("raw", 4)).toThrow(RangeError);
  });

  test("a snapshot of something else changes nothing", () => {
    const snapshot = fill().snapshot();
    const state = fill();
    state.vec("x").view[0] = 42;
    const before = state.snapshot();
    for (let cut = 0; cut < snapshot.length; ++cut) {
      expect(() => state.restore(snapshot.subarray(0, cut))).toThrow(WireError);
    }
    const more = new NodeState(createOps("wasm", "f64"), 3);
    more.vec("y");
    expect(() => more.restore(snapshot)).toThrow(/"vec y" must have 24 bytes, got none/);
    expect(() => state.restore(new Uint8Array([...snapshot, ...snapshot]))).toThrow(/twice/);
    expect(state.snapshot()).toEqual(before);
  });
});

describe("checkpoints in mid-run", () => {
  const problem = quadratic(4, 6);
  const rows = ridge(4, 6, 20);
  for (const method of Object.values(methods)) {
    for (const backend of ["wasm", "reference"] as const) {
      test(`${method.name} (${backend}) continues bit for bit`, async () => {
        const { compressors, optional = [], defaults } = method.needs;
        const asked = Object.keys(compressors).filter((slot) => !optional.includes(slot));
        const slots = Object.fromEntries(
          asked.map((slot) => [
            slot,
            defaults?.[slot] ?? (slot === "map" ? "marina:p=0.3,of=(rand-k:k=2)" : "rand-k:k=2"),
          ]),
        );
        const compute = { lognormal: { median: 1, sigma: 1 } };
        const settings: RunSettings = {
          method,
          problem: method.estimator || method.needs.oracle === "stochastic" ? rows : problem,
          slots,
          backend,
          network: { compute, uplink: { bandwidth: 1e3 } },
          options:
            method.needs.compressors.gradient === "contractive"
              ? { gamma: 1e-3 }
              : method.peer
                ? { spread: 1, gamma: 0.01 }
                : {},
        };
        const whole = build(settings);
        await whole.play(13);
        const checkpoint = (await whole.server.snapshot()) as Checkpoint & { results: readonly Uint8Array[] };
        const saved = structuredClone(checkpoint);
        await whole.play(17);

        const plain = build(settings);
        await plain.play(30);
        expect(await plain.x()).toEqual(await whole.x()); // taking a checkpoint changes nothing

        const resumed = build(settings);
        await resumed.play(3); // whatever was there before
        await resumed.server.restore(saved);
        expect(resumed.server.round).toBe(13);
        await resumed.play(17);
        expect(await resumed.x()).toEqual(await whole.x());
        expect(resumed.server.ledger.uplinkBits).toBe(whole.server.ledger.uplinkBits);
        expect(resumed.clock!.now).toBe(whole.clock!.now);
        const end = await whole.server.snapshot();
        expect((await resumed.server.snapshot()).workers).toEqual(end.workers);
      });
    }
  }

  test("after a round with an absent worker", async () => {
    const settings: RunSettings = {
      method: methods.diana!,
      problem,
      slots: { gradient: "rand-k:k=2" },
      partial: true,
      resync: true,
    };
    const lossy = (run: ReturnType<typeof build>) => {
      const host = run.network.hosts[1]!;
      const receive = host.receive.bind(host);
      host.receive = (frame) => {
        const answer = receive(frame);
        return run.server.round === 12 && (frame[0]! & 7) === 0 ? undefined : answer;
      };
    };
    const whole = build(settings);
    lossy(whole);
    await whole.play(13);
    const saved = structuredClone(await whole.rounds.snapshot());
    await whole.play(10);
    expect(whole.rounds.lost).toBe(1);
    const resumed = build(settings);
    await resumed.rounds.restore(saved);
    await resumed.play(10);
    expect(await resumed.x()).toEqual(await whole.x());
    expect(resumed.rounds.resynced + whole.rounds.resynced).toBe(0);
  });

  test("a compressor that remembers: its memory is the node's, through checkpoint and resync", async () => {
    const settings: RunSettings = {
      method: methods.ef21!,
      problem: quadratic(4, 16),
      slots: { gradient: "block:size=8,of=(power-sgd:rank=1,start=warm)" },
      options: { gamma: 0.01 },
    };
    for (const backend of ["wasm", "reference"] as const) {
      const whole = build({ ...settings, backend });
      await whole.play(13);
      const saved = structuredClone((await whole.server.snapshot()) as Checkpoint & { results: readonly Uint8Array[] });
      await whole.play(17);
      const resumed = build({ ...settings, backend });
      await resumed.play(3);
      await resumed.server.restore(saved);
      await resumed.play(17);
      expect(await resumed.x()).toEqual(await whole.x());
      expect((await resumed.server.snapshot()).workers).toEqual((await whole.server.snapshot()).workers);
      const [one, two] = [0, 1].map((piece) => whole.network.hosts[0]!.state.bytes(`codec gradient/${piece}/Q`, 8 * 4));
      expect(one!.view).not.toEqual(two!.view); // every block has its own
    }
    // a worker that starts anew, and messages that are lost: what it remembers is its own affair
    const faults = { seed: 3, drop: 0.1, repeat: 0.1, damage: 0.05, delay: 0.05 };
    const lossy = build({ ...settings, faults, partial: true, resync: true });
    await lossy.play(40);
    lossy.network.hosts[2] = lossy.host(2);
    await lossy.play(60);
    expect(lossy.rounds.resynced).toBeGreaterThan(0);
    lossy.network.on = false;
    await lossy.play(1);
    await lossy.rounds.snapshot(); // settles what is pending
    const mean = new Float64Array(16);
    for (const host of lossy.network.hosts) {
      for (const [j, v] of host.state.vec("g").view.entries()) mean[j]! += v / 4;
    }
    for (const [j, v] of mean.entries()) expect(v).toBeCloseTo(lossy.rounds.state.vec("g").view[j]!, 9);
  });
});
