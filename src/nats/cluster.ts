/** The nodes of an experiment's runs behind a NATS server: what `runExperiment` takes in place of loopback or threads. */
import type { Shard } from "../core/contracts.ts";
import type { Cluster, RunDescription } from "../run/cluster.ts";
import { STATS } from "../run/timing.ts";
import type { NatsServer } from "./server.ts";

const CALL_MS = 1000;
/** An interrupted run goes on to the end of its round, unless nothing has come for so long. */
const GRACE_MS = 2000;

export interface GatherOptions {
  /** What workers read their data by; absent: the server sends it. */
  experiment?: unknown;
  /** Workers without which a run does not begin; default all. */
  quorum?: number;
  signal?: AbortSignal;
}

/** Begins one run at all who are there, and waits for a quorum. The transport stays open: the next run needs it. */
export async function gather(
  transport: NatsServer,
  description: RunDescription,
  shards: readonly Shard[],
  limit: number,
  { experiment, quorum = description.n, signal }: GatherOptions = {},
): Promise<Cluster> {
  if (!(Number.isInteger(quorum) && quorum >= 1 && quorum <= description.n)) {
    throw new RangeError(`nats: quorum must be an integer in 1..${description.n} (workers), got ${quorum}`);
  }
  transport.begin(
    (worker) => ({ description, ...(experiment === undefined ? { shard: shards[worker] } : { experiment }) }),
    limit,
  );
  const calls = setInterval(() => transport.call(), CALL_MS); // one may have been lost
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (transport.present >= quorum) resolve();
    };
    transport.onMember(look);
    transport.onError(reject);
    signal?.addEventListener("abort", () => reject(new Error("interrupted while waiting for workers")), { once: true });
    look();
  }).finally(() => clearInterval(calls));
  // a round that waits for somebody who is gone would never see the signal
  let watch: ReturnType<typeof setInterval> | undefined;
  const onAbort = () => {
    const since = performance.now();
    watch = setInterval(() => {
      if (performance.now() - Math.max(since, transport.receivedAt) > GRACE_MS)
        transport.interrupt(new Error("interrupted while waiting for an answer"));
    }, GRACE_MS / 4);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    transport,
    stats: new Float64Array(STATS * description.n), // workers keep theirs
    get framesCrossed() {
      return transport.framesCrossed;
    },
    close: async () => {
      clearInterval(watch);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
