/** What a thread serves: its workers, built in one arena over one Wasm instance. The same in Node and on a page. */
import type { Shard } from "../core/contracts.ts";
import type { Nodes, Start } from "../transports/thread.ts";
import { buildHost, createOps, frameRoom, type RunDescription } from "./cluster.ts";

/** What a thread's workers are built from. */
export interface ThreadSetup {
  description: RunDescription;
  /** Of this thread's workers. */
  shards: readonly Shard[];
  /** `STATS` numbers for each of all workers. */
  stats: SharedArrayBuffer;
}

export function buildNodes({ first, setup }: Start, building: (node: number) => void): Nodes {
  const { description, shards, stats } = setup as ThreadSetup;
  const ops = createOps(description.backend, description.dtype);
  const endpoints = shards.map((shard, i) => {
    building(first + i);
    return buildHost(description, shard, ops, first + i, new Float64Array(stats));
  });
  ops.arena.reserve(frameRoom(description, ops));
  let inbox = ops.bytes(0);
  let room = 0;
  let from = inbox.ptr;
  return {
    endpoints,
    share(frame) {
      const { length } = frame;
      if (length + 15 > room) {
        room = 2 * length + 512;
        from = ops.bytes(room).ptr;
      }
      // offsets from 16-byte boundaries stay: then hosts read vectors in place
      inbox = inbox.at(from + (frame.byteOffset & 15), length);
      inbox.view.set(frame);
      return () => inbox.view; // a host may have grown the memory: not the view that the one before it read
    },
  };
}
