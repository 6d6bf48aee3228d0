/** Runs over threads are the runs over loopback, bit for bit. */
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Backend } from "../../bindings/load.ts";
import { compressors } from "../../src/compressors/index.ts";
import type { Dtype, Method, Resolved } from "../../src/core/contracts.ts";
import { estimationOf } from "../../src/estimators/index.ts";
import { methods } from "../../src/methods/index.ts";
import { createProblem, problems } from "../../src/problems/index.ts";
import type { QuadraticShard } from "../../src/problems/quadratic.ts";
import { Clock } from "../../src/run/clock.ts";
import { type Cluster, createOps, createSlots, loopbackCluster, type RunDescription } from "../../src/run/cluster.ts";
import { AsyncServer } from "../../src/run/events.ts";
import { createFacts } from "../../src/run/facts.ts";
import { PeerHub } from "../../src/run/peers.ts";
import { RoundServer } from "../../src/run/rounds.ts";
import { threadsCluster } from "../../src/run/threads-cluster.ts";
import { STATS, Stat } from "../../src/run/timing.ts";
import { topology } from "../../src/run/topology.ts";
import { ridge } from "../methods/problems.ts";
import { stream } from "../problems/conformance.ts";
import { bundleThread } from "../transports/bundle.ts";

beforeAll(bundleThread);
const open: Cluster[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((cluster) => cluster.close()));
});

interface Case {
  method: string;
  spec?: string;
  estimator?: string;
  options?: Record<string, unknown>;
  n: number;
  dim?: number;
  dtype?: Dtype;
  backend?: Backend;
  network?: boolean;
  mailboxBytes?: number;
  /** Changes what workers are built from. */
  spoil?: (shards: QuadraticShard[]) => void;
}

/** A run ready to be played, over loopback (threads 0) or threads. */
async function prepare(given: Case, threads: number) {
  const { n, dim = 23, dtype = "f64", backend = "wasm", spec } = given;
  const method = methods[given.method] as Method;
  const quadratic = () =>
    createProblem({ name: "quadratic", dim, rotate: dim < 100 }, { workers: n, random: stream(5) });
  const estimator = estimationOf(given, method);
  const problem = estimator ? ridge(n, dim, 4 * n) : quadratic();
  const slots = Array.from({ length: n }, () =>
    Object.fromEntries(spec === undefined ? [] : Object.keys(method.needs.compressors).map((slot) => [slot, spec])),
  );
  const ops = createOps(backend, dtype);
  const codecs = slots.map((specs, i) => createSlots(ops, dim, i, n, specs));
  const facts = createFacts(problem.smoothness(), dim, codecs);
  const options: Resolved = method.resolve(given.options ?? {}, facts);
  const optimum = method.needs.optimum ? problem.optimum() : undefined;
  const start = Float64Array.from({ length: dim }, (_, i) => Math.fround(Math.sin(i)));
  const neighbours = method.peer ? topology("ring", n) : undefined;
  const description: RunDescription = {
    run: 1,
    method: method.name,
    options,
    n,
    dim,
    seed: 42n,
    dtype,
    backend,
    start,
    slots,
    timed: true,
    ...(estimator && { estimator }),
    ...(optimum && { optimum }),
    ...(neighbours && { topology: neighbours }),
  };
  const shards = Array.from({ length: n }, (_, i) => structuredClone(problem.shard(i)) as QuadraticShard);
  given.spoil?.(shards);
  const cluster = threads
    ? await threadsCluster(description, shards, threads, given)
    : loopbackCluster(description, shards, ops);
  open.push(cluster);
  const clock = given.network
    ? new Clock(ops, 42n, n, {
        compute: Array.from({ length: n }, (_, i) => ({ lognormal: { median: 0.1 * (1 + i), sigma: 1 } })),
        uplink: { bandwidth: 1e5, latency: 0.01 },
      })
    : undefined;
  const setup = { ops, run: 1, n, dim, seed: 42n, method, options, start, codecs, clock };
  const { transport } = cluster;
  const player = neighbours
    ? new PeerHub(setup, transport, neighbours)
    : method.events
      ? new AsyncServer(setup, transport)
      : new RoundServer(setup, transport);
  const x = ops.vec(dim);
  const iterate = async () => {
    if (player instanceof PeerHub) await player.iterates(x);
    else ops.copy(player.x, x);
    return Buffer.from(x.view.buffer.slice(x.ptr, x.ptr + x.view.byteLength)).toString("hex");
  };
  return { cluster, player, iterate, clock };
}

/** Everything that must not depend on the transport. */
async function trace(given: Case, threads: number, rounds: number) {
  const { cluster, player, iterate, clock } = await prepare(given, threads);
  const out: unknown[] = [];
  for (let k = 0; k < rounds; ++k) {
    await player.play();
    const { ledger } = player;
    if (k % 5 === 4 || k === rounds - 1) out.push(await iterate(), ledger.uplinkBits, ledger.downlinkBits);
  }
  const counted = Array.from({ length: given.n }, (_, i) => [
    cluster.stats[i * STATS + Stat.Gradients],
    cluster.stats[i * STATS + Stat.Memory],
  ]);
  await cluster.close();
  // the last jobs of an asynchronous run may still be computed
  return { out, time: clock?.now, counted: given.method === "async-sgd" ? undefined : counted };
}

const cases: Case[] = [
  { method: "dgd", n: 5 },
  { method: "diana", spec: "rand-k:k=3", n: 5 },
  { method: "diana", spec: "rand-k:k=3", n: 4, network: true },
  { method: "gdci", spec: "rand-k:k=5", n: 3 },
  { method: "vr-gdci", spec: "rand-k:k=5", n: 3 },
  { method: "rand-diana", spec: "rand-k:k=5", n: 4 },
  { method: "ef21", spec: "top-k:k=2", n: 5 },
  { method: "ef", spec: "top-k:k=2", n: 4 },
  { method: "diana", spec: "rand-k:k=3", estimator: "saga", n: 3 },
  { method: "gossip", spec: "identity", estimator: "mini-batch", n: 4 },
  { method: "ec-sgdsr", spec: "top-k:k=2", n: 3 },
  { method: "ec-gdstar", spec: "top-k:k=2", n: 3 },
  { method: "ec-lsvrg-diana", spec: "rand-k:k=3", n: 4 },
  { method: "gossip", spec: "identity", n: 5 },
  { method: "gossip", spec: "rand-k:k=7", n: 6, network: true },
  { method: "async-sgd", spec: "rand-k:k=9", n: 5, network: true },
  { method: "async-sgd", spec: "identity", n: 3 },
].filter(({ spec }) => spec === undefined || Object.hasOwn(compressors, spec.split(":")[0]!));

describe.each(cases)("$method, $spec, $estimator, n = $n, clock: $network", (given) => {
  test.each([
    ["f64", "wasm"],
    ["f32", "wasm"],
    ["f64", "reference"],
    ["f32", "reference"],
  ] as const)("%s, %s: T = 1, 2, 3 as on loopback", async (dtype, backend) => {
    const all = { ...given, dtype, backend, options: { gamma: 0.01, ...given.options } };
    const expected = await trace(all, 0, 23);
    for (const threads of [1, 2, 3]) expect(await trace(all, threads, 23)).toEqual(expected);
  });
});

const dianaCase: Case = { method: "diana", spec: "rand-k:k=3", n: 7, options: { gamma: 0.01 } };

test("a round is one broadcast and n replies across threads; every oracle is built and called there", async () => {
  const built = vi.spyOn(problems.quadratic!, "oracle");
  const { cluster, player } = await prepare(dianaCase, 3);
  for (let k = 1; k <= 20; ++k) {
    await player.play();
    expect(cluster.framesCrossed).toBe(k * (1 + 7));
  }
  expect(built).not.toHaveBeenCalled();
  for (let i = 0; i < 7; ++i) expect(cluster.stats[i * STATS + Stat.Gradients]).toBe(20);
});

test("frames that outgrow the mailboxes", async () => {
  const wide: Case = { ...dianaCase, n: 3, dim: 900, spec: "identity", mailboxBytes: 4096 };
  expect(await trace(wide, 2, 6)).toEqual(await trace(wide, 0, 6));
});

test("more threads than workers", async () => {
  const small = { ...dianaCase, n: 2 };
  expect(await trace(small, 9, 5)).toEqual(await trace(small, 0, 5));
  await expect(prepare(small, -1)).rejects.toThrow("threads: must be an integer >= 1, got -1");
});

describe("failures end a run", () => {
  const spoil = (shards: QuadraticShard[]) => {
    shards[2]!.matrix.labels.fill(Number.NaN);
  };
  const encoder = /^worker 2: .*entries must be finite/;

  test.each([
    ["diana", 4],
    ["async-sgd", 4],
    ["gossip", 4],
  ])("%s: play rejects, and so does every later one", async (method, n) => {
    const told = method === "gossip" ? /^worker [123]: dense vector: entries must be finite/ : encoder;
    const { player } = await prepare({ ...dianaCase, method, n, spoil }, 2);
    const play = async () => {
      for (let k = 0; k < 10; ++k) await player.play();
    };
    await expect(play()).rejects.toThrow(told);
    await expect(play()).rejects.toThrow(told);
    if (player instanceof RoundServer) await expect(player.snapshot()).rejects.toThrow(told);
    if (player instanceof PeerHub) await expect(player.iterates({} as never)).rejects.toThrow(told);
  });

  test("a worker that cannot be built", async () => {
    const broken = {
      ...dianaCase,
      spoil: (shards: QuadraticShard[]) => void Object.assign(shards[5]!, { name: "none" }),
    };
    await expect(prepare(broken, 2)).rejects.toThrow(/^worker 5: problem: unknown name "none"/);
  });

  test("closing while a round is open", async () => {
    const { player, cluster } = await prepare(dianaCase, 2);
    const playing = player.play();
    const closing = cluster.close();
    await expect(playing).rejects.toThrow("threads: the transport is closed");
    await closing;
  });
});
