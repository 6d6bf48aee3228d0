/**
 * The nodes of one run: from a description that can cross threads to hosts, in this thread (loopback) or in others.
 */

import { elementBytes } from "../../bindings/arena.ts";
import type { Backend } from "../../bindings/load.ts";
import { loadKernels } from "../../bindings/load.ts";
import { Ops } from "../../bindings/ops.ts";
import linalgBytes from "../../build/linalg.wasm";
import { compressors } from "../compressors/index.ts";
import { createFromSpec, environment, under } from "../compressors/spec.ts";
import type { Compressor, Dtype, Method, Resolved, Shard, Slots, State } from "../core/contracts.ts";
import type { Estimation } from "../estimators/index.ts";
import { createMapSlot } from "../maps/index.ts";
import { methods } from "../methods/index.ts";
import { matrixFrom, oracleFrom } from "../problems/index.ts";
import { Loopback } from "../transports/loopback.ts";
import { MODEL } from "./downlink.ts";
import { createHost, type HostSetup, type PeerHost, type WorkerHost } from "./host.ts";
import type { InProcess } from "./rounds.ts";
import { NodeState } from "./state.ts";
import { countedOracle, STATS, Stat, timedCompressor } from "./timing.ts";
import type { Neighbourhood } from "./topology.ts";

/** All that the nodes of a run have in common; structured-cloneable. */
export interface RunDescription {
  run: number;
  method: string;
  options: Resolved;
  n: number;
  dim: number;
  seed: bigint;
  dtype: Dtype;
  backend: Backend;
  start: Float64Array;
  /** Only for methods that declare that they need it. */
  optimum?: Float64Array;
  /** Specs of every worker's slots. */
  slots: readonly Readonly<Record<string, string>>[];
  /** What stands for the workers' gradients; absent: they are exact. */
  estimator?: Estimation;
  topology?: readonly Neighbourhood[];
  /** Measure the time of oracles and compressors. */
  timed: boolean;
}

/** The nodes of a run and the way to them. */
export interface Cluster {
  readonly transport: InProcess;
  /** `STATS` numbers per worker (see timing.ts), current whenever no exchange is open. */
  readonly stats: Float64Array;
  /** Bytes of frames are counted by the ledger; this counts frames that crossed to another thread. */
  readonly framesCrossed: number;
  close(): Promise<void>;
}

/** Kernels with the linalg module, and ops over them: one arena for all nodes of a thread. */
export function createOps(backend: Backend, dtype: Dtype): Ops {
  return new Ops(loadKernels(backend, [linalgBytes]), dtype);
}

/** The slot of three-point maps. */
const MAP = "map";

/**
 * Builds the compressors of one node's slots. Workers with equal specs may share decoders through `cache`, unless the
 * decoder is made for the worker's own function, which is `shard`; encoders keep what they remember in `state`, the node's.
 */
export function createSlots(
  ops: Ops,
  dim: number,
  worker: number,
  workers: number,
  specs: Readonly<Record<string, string>>,
  cache?: Map<string, Compressor>,
  shard?: Shard,
  state?: State,
): Slots {
  let own = false;
  const smoothness = (): Float64Array | undefined => {
    own = true;
    return shard && matrixFrom(shard);
  };
  const slots: Record<string, Compressor> = {};
  for (const [slot, spec] of Object.entries(specs)) {
    // a broadcast is one message for all: its compressor is nobody's in particular, and encodes where others decode
    const key = slot === MAP || slot === MODEL ? `${slot} ${spec}` : spec;
    let compressor = cache?.get(key);
    if (!compressor) {
      ops.scratch.begin();
      own = false;
      const kept = state && { state: under(`codec ${slot}/`, state) };
      const of =
        slot === MODEL ? { worker: 0, workers: 1, smoothness: () => undefined } : { worker, workers, smoothness };
      const given = { ops, dim, ...of, ...kept };
      compressor =
        slot === MAP ? createMapSlot(environment(compressors, given), spec) : createFromSpec(compressors, spec, given);
      if (!own) cache?.set(key, compressor);
    }
    slots[slot] = compressor;
  }
  return slots;
}

/** Builds one worker or peer in the memory of `ops`. */
export function buildHost(
  description: RunDescription,
  shard: Shard,
  ops: Ops,
  worker: number,
  stats: Float64Array,
): WorkerHost | PeerHost {
  const { n, dim, timed, topology } = description;
  const method = methods[description.method] as Method;
  const at = worker * STATS;
  const state = new NodeState(ops, dim);
  const plain = createSlots(ops, dim, worker, n, description.slots[worker]!, undefined, shard, state);
  const codecs = timed
    ? Object.fromEntries(Object.entries(plain).map(([slot, codec]) => [slot, timedCompressor(codec, stats, at)]))
    : plain;
  const oracle = oracleFrom(shard, ops);
  const setup: HostSetup = {
    ops,
    run: description.run,
    n,
    dim,
    seed: description.seed,
    method,
    options: description.options,
    start: description.start,
    state,
    worker,
    codecs,
    oracle: timed ? countedOracle(oracle, stats, at) : oracle,
    ...(description.optimum && { optimum: description.optimum }),
    ...(description.estimator && { estimator: description.estimator }),
    ...(topology && { topology: topology[worker]! }),
  };
  const host = createHost(setup, isAddressed(method));
  stats[at + Stat.Memory] = host.state.size;
  return host;
}

/** Whether a method's server sends private parts: then workers reply to those. */
export const isAddressed = (method: Method): boolean => method.addressed === true;

/**
 * Room for the frames of all nodes. Frame buffers find their size in the first round; the views that travel then must
 * not be detached by a growing memory.
 */
export function frameRoom({ n, dim, slots }: RunDescription, ops: Ops): number {
  const widest = Math.max(0, ...slots.map((of) => Object.keys(of).length));
  return (n + 2) * (8192 + 4 * (2 + widest) * dim * elementBytes(ops.dtype));
}

/** All nodes in this thread, in the arena of `ops`. */
export function loopbackCluster(description: RunDescription, shards: readonly Shard[], ops: Ops): Cluster {
  const stats = new Float64Array(STATS * description.n);
  const hosts = shards.map((shard, worker) => buildHost(description, shard, ops, worker, stats));
  ops.arena.reserve(frameRoom(description, ops));
  return { transport: new Loopback(hosts, ops.arena), stats, framesCrossed: 0, close: async () => {} };
}
