/**
 * One round of a method in loopback, recording off: ridge regression on generated rows, d = 80, ten workers with ten
 * rows each, f64. Time is per round; "sum" is of one vector of d entries, so its ratio says little here.
 */
import type { Backend } from "../bindings/load.ts";
import { loadKernels } from "../bindings/load.ts";
import type { Compressor, Problem } from "../src/core/contracts.ts";
import { Rng, SETUP } from "../src/core/rng.ts";
import { makeRegression } from "../src/data/generators.ts";
import { methods } from "../src/methods/index.ts";
import { createProblem } from "../src/problems/index.ts";
import { createOps, createSlots, loopbackCluster, type RunDescription } from "../src/run/cluster.ts";
import { createFacts } from "../src/run/facts.ts";
import { RoundServer } from "../src/run/rounds.ts";
import type { Case, CaseEnv, CaseSpec } from "./case.ts";

const WORKERS = 10;
const DIM = 80;
const ROWS = 100;

const rounds: readonly { title: string; method: string; compressor?: string }[] = [
  { title: "dgd round", method: "dgd" },
  { title: "diana + rand-k round", method: "diana", compressor: "rand-k:ratio=0.1" },
  { title: "ef21 + top-k round", method: "ef21", compressor: "top-k:ratio=0.1" },
];

function problem(): Problem {
  const ops = createOps("wasm", "f64");
  const random = new Rng(ops, 1n, SETUP);
  const data = makeRegression({ rows: ROWS, features: DIM }, random);
  const each = ROWS / WORKERS;
  const rows = Array.from({ length: WORKERS }, (_, i) => Uint32Array.from({ length: each }, (_, j) => i * each + j));
  return createProblem({ name: "ridge", lambda: 0.1 }, { workers: WORKERS, data, rows, random });
}

/** A server whose `play` is a round; steps far below theory's, so that iterates stay finite for any number of rounds. */
function server(backend: Backend, method: string, compressor: string | undefined): RoundServer {
  const p = problem();
  const ops = createOps(backend, "f64");
  const slots: Record<string, string> = compressor === undefined ? {} : { gradient: compressor };
  const cache = new Map<string, Compressor>();
  const codecs = Array.from({ length: WORKERS }, (_, i) => createSlots(ops, DIM, i, WORKERS, slots, cache));
  const start = new Float64Array(DIM).fill(1);
  const options = methods[method]!.resolve({ gamma: 1e-6 }, createFacts(p.smoothness(), DIM, codecs));
  const common = { run: 0, options, n: WORKERS, dim: DIM, seed: 1n, start };
  const description: RunDescription = {
    ...common,
    method,
    dtype: "f64",
    backend,
    slots: codecs.map((of) => Object.fromEntries(Object.entries(of).map(([slot, codec]) => [slot, codec.spec]))),
    timed: false,
  };
  const shards = Array.from({ length: WORKERS }, (_, i) => p.shard(i));
  const cluster = loopbackCluster(description, shards, ops);
  return new RoundServer({ ...common, ops, method: methods[method]!, codecs }, cluster.transport);
}

/** @throws Error if a round did not end at once */
function play(of: RoundServer): () => void {
  return () => {
    if (of.play() !== undefined) throw new Error("loopback: a round must end within play");
  };
}

function build({ slow }: CaseEnv, method: string, compressor: string | undefined): Case {
  const own = server("wasm", method, compressor);
  const next = play(own);
  next();
  const before = own.ledger.uplinkBits;
  next();
  const messageBits = own.ledger.uplinkBits - before;
  const kernels = loadKernels("wasm");
  kernels.grow(2 ** 18);
  return {
    elements: 1,
    bytes: (WORKERS * messageBits) / 8,
    messageBits,
    ways: {
      sum: { run: () => kernels.sum_f64(DIM, 2 ** 17) },
      wasm: { run: next },
      ...(slow && { reference: { run: play(server("reference", method, compressor)) } }),
    },
  };
}

export const roundCases: readonly CaseSpec[] = rounds.map(({ title, method, compressor }) => ({
  suite: "rounds",
  name: title,
  build: (env) => build(env, method, compressor),
}));
