/** Plays experiments over NATS with workers in this process, each with a connection of its own. */
import type { NatsConnection } from "@nats-io/transport-node";
import { gather, type Joined, join, NatsServer, type NatsServerOptions } from "../../src/nats/index.ts";
import { type Experiment, parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import type { RunOptions } from "../../src/run/session.ts";
import type { ExperimentSummary } from "../../src/run/trace.ts";

export const small = (workers: number, more: Record<string, unknown> = {}): Experiment =>
  parseExperiment({
    problem: {
      name: "ridge",
      lambda: 0.01,
      data: { generator: "make-regression", rows: 10 * workers, features: 20, noise: 10 },
    },
    workers,
    seed: 3,
    record: 10,
    stop: { rounds: 30 },
    runs: [{ method: "diana", compressor: "rand-k:k=4" }],
    ...more,
  });

export const OPTIONS: RunOptions = { baseDir: ".", name: "nats", version: "0" };

export interface PlayOptions {
  /** No lobby. */
  closed?: boolean;
  options?: Partial<RunOptions>;
  onChange?: NatsServerOptions["onChange"];
  joined?(results: readonly Joined[]): void;
}

/** @param connectAs opens a connection for the user "server", or "w0", "w1", ... */
export async function playOver(
  experiment: Experiment,
  run: string,
  connectAs: (user: string) => Promise<NatsConnection>,
  { closed, options, onChange, joined }: PlayOptions = {},
): Promise<ExperimentSummary> {
  const workers = experiment.workers ?? 1;
  const connection = await connectAs("server");
  const transport = new NatsServer(connection, {
    run,
    workers,
    limit: 1e6,
    open: !closed,
    ...(onChange && { onChange }),
  });
  const ends = Array.from({ length: workers }, async (_, worker) =>
    join(await connectAs(`w${worker}`), { run, worker, helloMs: 100 }),
  );
  const all = Promise.all(ends);
  all.catch(() => {}); // told below, unless the server's side fails first
  const summary = await runExperiment(experiment, {
    ...OPTIONS,
    cluster: (description, shards, limit) => gather(transport, description, shards, limit),
    ...options,
  });
  await transport.close();
  const results = await all;
  joined?.(results);
  return summary;
}
