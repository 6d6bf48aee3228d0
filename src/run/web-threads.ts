/** Workers on the Web Workers of a page. Node's threads are threads-cluster.ts, which a page cannot load. */
import type { Shard } from "../core/contracts.ts";
import type { FromThread } from "../transports/thread.ts";
import { type ThreadPort, Threads, type ThreadsOptions } from "../transports/threads.ts";
import type { Cluster, RunDescription } from "./cluster.ts";
import type { ThreadSetup } from "./thread-nodes.ts";
import type { ENDED } from "./thread-web.ts";
import { STATS } from "./timing.ts";

const THREADS = 2;

export interface WebThreadsOptions extends Pick<ThreadsOptions, "mailboxBytes" | "bell" | "graceMs"> {
  /** Web Workers, 1..n. Default 2. */
  threads?: number;
  /** Where dist/thread-web.js of this package is served, if not beside the module that loads it. */
  script?: string | URL;
}

/** A Web Worker that runs `script`, dist/thread-web.js. */
function webThread(script: string | URL): ThreadPort {
  const worker = new Worker(script, { type: "module" });
  let over: (error: unknown) => void = () => {};
  const ending = new Error("it was terminated");
  return {
    post: (message) => worker.postMessage(message),
    listen({ message, ended }) {
      over = ended;
      worker.onmessage = ({ data }: MessageEvent<FromThread | typeof ENDED>) => {
        if (data === "ended") ended(ending);
        else message(data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        // a script that cannot be loaded has no message
        ended(new Error(event.message ? event.message : `${script} cannot be loaded`));
      };
    },
    async terminate() {
      worker.terminate();
      over(ending);
    },
  };
}

/**
 * Nodes spread over Web Workers in contiguous blocks, with shared memory between them: for pages that are cross-origin
 * isolated.
 * @throws Error where there is no shared memory; RangeError for a number of threads that is none
 */
export async function webThreadsCluster(
  description: RunDescription,
  shards: readonly Shard[],
  { threads = THREADS, script = new URL("./thread-web.js", import.meta.url), ...options }: WebThreadsOptions = {},
): Promise<Cluster> {
  const { n } = description;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`threads: must be an integer >= 1, got ${threads}`);
  }
  if (typeof SharedArrayBuffer === "undefined") {
    throw new Error(
      "threads: this page has no shared memory; serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    );
  }
  const stats = new SharedArrayBuffer(8 * STATS * n);
  const ports = Array.from({ length: Math.min(threads, n) }, () => webThread(script));
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
