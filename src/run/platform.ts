/** What Node and a page do differently for a run. */
import type { Shard } from "../core/contracts.ts";
import type { Cluster, RunDescription } from "./cluster.ts";

/** After what waits already: signals, progress, a page's drawing. */
export const soon: (then: (value?: unknown) => void) => void = globalThis.setImmediate ?? globalThis.setTimeout;

/** Nodes on threads of this process or page. Loaded on demand: neither platform can load what is the other's. */
export async function threadsHere(
  description: RunDescription,
  shards: readonly Shard[],
  threads?: number,
): Promise<Cluster> {
  if (globalThis.process?.versions?.node !== undefined) {
    return (await import("./threads-cluster.ts")).threadsCluster(description, shards, threads);
  }
  const { webThreadsCluster } = await import("./web-threads.ts");
  return webThreadsCluster(description, shards, threads === undefined ? {} : { threads });
}

/** Little-endian bytes as a number in hexadecimal. */
export const hexadecimal = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .reverse()
    .join("");
