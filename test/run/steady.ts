/** Plays steady rounds of DIANA with rand-k in loopback and prints what they cost; run by steady.test.ts in a process of its own. */

import { methods } from "../../src/methods/index.ts";
import { createOps, createSlots, loopbackCluster, type RunDescription } from "../../src/run/cluster.ts";
import { createFacts } from "../../src/run/facts.ts";
import { RoundServer } from "../../src/run/rounds.ts";
import { participationOf } from "../../src/run/sampling.ts";
import { paperRidge } from "../methods/problems.ts";

const backend = process.argv[2] === "reference" ? "reference" : "wasm";
const rounds = Number(process.argv[3] ?? 10000);
const n = 10;
const problem = paperRidge();
const ops = createOps(backend, "f64");
const extras = process.argv[4] === "extras";
const slots = Array.from({ length: n }, () => ({ gradient: "rand-k:k=8", ...(extras && { model: "top-k:k=20" }) }));
const participation = participationOf(extras ? { independent: 0.5 } : 1, n);
const codecs = slots.map((specs, i) => createSlots(ops, 80, i, n, specs));
const method = methods.diana!;
const options = method.resolve({}, createFacts(problem.smoothness(), problem.dim, codecs, participation));
const start = new Float64Array(80).fill(10);
const description: RunDescription = {
  run: 0,
  method: "diana",
  options,
  n,
  dim: 80,
  seed: 1n,
  dtype: "f64",
  backend,
  start,
  slots,
  timed: false,
};
const shards = Array.from({ length: n }, (_, i) => problem.shard(i));
const { transport } = loopbackCluster(description, shards, ops);
const setup = { ops, run: 0, n, dim: 80, seed: 1n, method, options, start, codecs };
const server = new RoundServer({ ...setup, ...(extras && { participation, average: 1 }) }, transport);
const play = (count: number) => {
  for (let k = 0; k < count; ++k) server.play();
};
play(backend === "wasm" ? 20000 : 3000);
(globalThis as { gc?: () => void }).gc?.();
const bits = server.ledger.uplinkBits;
const arena = ops.arena.used;
const before = process.memoryUsage();
const since = process.hrtime.bigint();
play(rounds);
const seconds = Number(process.hrtime.bigint() - since) / 1e9;
const after = process.memoryUsage();
console.log(
  JSON.stringify({
    microseconds: (1e6 * seconds) / rounds,
    heapBytes: (after.heapUsed - before.heapUsed) / rounds,
    arrayBuffers: after.arrayBuffers - before.arrayBuffers,
    arena: ops.arena.used - arena,
    uplinkBits: (server.ledger.uplinkBits - bits) / rounds,
  }),
);
