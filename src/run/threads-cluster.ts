/** Workers on threads of this Node process. Apart from cluster.ts, which browsers load too. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Shard } from "../core/contracts.ts";
import type { FromThread } from "../transports/thread.ts";
import { type ThreadPort, Threads, type ThreadsOptions } from "../transports/threads.ts";
import type { Cluster, RunDescription } from "./cluster.ts";
import type { ThreadSetup } from "./thread-nodes.ts";
import { STATS } from "./timing.ts";

/** The thread's entry: beside the bundle, or built from these sources. */
const SCRIPT = import.meta.url.endsWith(".ts") ? "../../dist/thread.js" : "./thread.js";

/** A Node worker thread that runs `script`. */
export function nodeThread(script: URL): ThreadPort {
  // its own flags: those of a test runner or a debugger would start the same in every thread
  const worker = new Worker(script, { execArgv: [] });
  // The transport holds the process while frames are under way. Before "online", Node 20 keeps one of its ports referenced.
  worker.once("online", () => worker.unref());
  let uncaught: unknown;
  return {
    post: (message) => worker.postMessage(message),
    listen({ message, ended }) {
      worker.on("message", (received: FromThread) => message(received));
      worker.on("error", (error) => {
        uncaught = error;
      });
      worker.on("exit", (code) => ended(uncaught ?? new Error(`it ended with exit code ${code}`)));
    },
    terminate: async () => void (await worker.terminate()),
  };
}

/**
 * Nodes spread over threads in contiguous blocks.
 * @param threads 1..n; by default 2, or fewer on a machine with one core
 * @throws RangeError for another number of threads; Error naming the worker that could not be built
 */
export async function threadsCluster(
  description: RunDescription,
  shards: readonly Shard[],
  threads: number = Math.min(2, availableParallelism()),
  options: Pick<ThreadsOptions, "mailboxBytes" | "bell" | "graceMs"> = {},
): Promise<Cluster> {
  const { n } = description;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`threads: must be an integer >= 1, got ${threads}`);
  }
  const script = new URL(SCRIPT, import.meta.url);
  if (!existsSync(script)) throw new Error(`threads: ${fileURLToPath(script)} is missing; npm run build makes it`);
  const stats = new SharedArrayBuffer(8 * STATS * n);
  const ports = Array.from({ length: Math.min(threads, n) }, () => nodeThread(script));
  const transport = await Threads.start(ports, {
    ...options,
    nodes: n,
    setup: (first, count): ThreadSetup => ({ description, shards: shards.slice(first, first + count), stats }),
  });
  return {
    transport,
    stats: new Float64Array(stats),
    get framesCrossed() {
      return transport.framesCrossed;
    },
    close: () => transport.close(),
  };
}
