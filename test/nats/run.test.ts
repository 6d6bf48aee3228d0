import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather, join, NatsServer } from "../../src/nats/index.ts";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { type Broker, startBroker, withBroker } from "./broker.ts";

const N = 4;
const experiment = parseExperiment({
  problem: {
    name: "ridge",
    lambda: 0.01,
    data: { generator: "make-regression", rows: 40, features: 20, noise: 10 },
  },
  workers: N,
  seed: 3,
  record: 10,
  stop: { rounds: 30 },
  runs: [
    { method: "diana", compressor: "rand-k:k=4" },
    { method: "rand-diana", compressor: "rand-k:k=4" },
    { method: "ef21", compressor: "top-k:k=4" },
    { method: "ec-sgd-diana", compressors: { gradient: "top-k:k=4", shift: "natural" } },
  ],
});

withBroker("over NATS", () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker();
  });
  afterAll(() => broker.stop());

  test("four methods make the iterates and bits of loopback", async () => {
    const options = { baseDir: ".", name: "nats", version: "0" };
    const expected = await runExperiment(experiment, options);
    const nc = await connect({ servers: broker.url });
    const transport = new NatsServer(nc, { run: "same", workers: N, limit: 1e6 });
    const connections = await Promise.all(Array.from({ length: N }, () => connect({ servers: broker.url })));
    const joined = connections.map((connection, worker) => join(connection, { run: "same", worker, helloMs: 100 }));
    const summary = await runExperiment(experiment, {
      ...options,
      cluster: (description, shards, limit) => gather(transport, description, shards, limit),
    });
    await transport.close();
    const results = await Promise.all(joined);
    for (const [i, run] of summary.runs.entries()) {
      for (const key of ["solution", "uplinkBits", "downlinkBits", "rounds"] as const) {
        expect(run[key], `${run.method} ${key}`).toBe(expected.runs[i]![key]);
      }
    }
    expect(results.map(({ reason }) => reason)).toEqual(Array(N).fill("the run is over"));
    expect(results.every(({ dropped }) => dropped === 0)).toBe(true);
    await Promise.all([nc, ...connections].map((connection) => connection.close()));
  });
});
