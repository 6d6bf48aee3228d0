import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runExperiment } from "../../src/run/experiment.ts";
import { type Broker, startBroker, withBroker } from "./broker.ts";
import { OPTIONS, playOver, small } from "./play.ts";

withBroker("over NATS", () => {
  let broker: Broker;
  const connections: NatsConnection[] = [];
  const open = async () => {
    const connection = await connect({ servers: broker.url });
    connections.push(connection);
    return connection;
  };
  beforeAll(async () => {
    broker = await startBroker({ config: "max_payload: 2048" });
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
  });
  afterAll(() => broker.stop());

  test("four methods make the iterates and bits of loopback", async () => {
    const experiment = small(8, {
      runs: [
        { method: "diana", compressor: "rand-k:k=4" },
        { method: "rand-diana", compressor: "rand-k:k=4" },
        { method: "ef21", compressor: "top-k:k=4" },
        { method: "ec-sgd-diana", compressors: { gradient: "top-k:k=4", shift: "natural" } },
      ],
    });
    const expected = await runExperiment(experiment, OPTIONS);
    const summary = await playOver(experiment, "same", open, {
      joined: (results) => {
        expect(results.map(({ reason }) => reason)).toEqual(Array(8).fill("the run is over"));
        expect(results.every(({ dropped }) => dropped === 0)).toBe(true);
      },
    });
    for (const [i, run] of summary.runs.entries()) {
      for (const key of ["solution", "uplinkBits", "downlinkBits", "rounds"] as const) {
        expect(run[key], `${run.method} ${key}`).toBe(expected.runs[i]![key]);
      }
    }
  });

  test("aggregates other than the mean are those of loopback, bit for bit", async () => {
    const choices = ["median", { name: "trimmed-mean", trim: 0.25 }, "norm-clipping"] as const;
    const experiment = small(5, {
      runs: [
        ...choices.map((aggregator) => ({ method: "dcgd", compressor: "natural", aggregator })),
        { method: "signsgd-majority", options: { gamma: 1e-3 } },
      ],
    });
    const expected = await runExperiment(experiment, OPTIONS);
    const summary = await playOver(experiment, "robust", open);
    expect(new Set(summary.runs.map(({ solution }) => solution)).size).toBe(4);
    for (const [i, run] of summary.runs.entries()) {
      for (const key of ["solution", "uplinkBits", "downlinkBits"] as const) {
        expect(run[key], `${i} ${key}`).toBe(expected.runs[i]![key]);
      }
    }
  });

  test("so does a server that can welcome workers back, beside a run that keeps their shifts too", async () => {
    const experiment = small(8, {
      resync: true,
      runs: [
        { method: "ef21", compressor: "top-k:k=4" },
        { method: "ec-sgd-diana", compressors: { gradient: "top-k:k=4", shift: "natural" } },
      ],
    });
    const expected = await runExperiment(experiment, OPTIONS);
    const server = { resync: true, guard: true, patience: {} };
    const summary = await playOver(experiment, "kept", open, { options: { server } });
    expect(summary.runs.map(({ solution }) => solution)).toEqual(expected.runs.map(({ solution }) => solution));
  });

  test("bodies beyond the broker's max_payload cross in chunks", async () => {
    const experiment = small(2, {
      problem: { name: "quadratic", dim: 300, mu: 1, L: 10 },
      stop: { rounds: 4 },
      runs: [{ method: "dgd" }],
    });
    const expected = await runExperiment(experiment, OPTIONS);
    const summary = await playOver(experiment, "wide", open);
    expect(summary.runs[0]!.solution).toBe(expected.runs[0]!.solution);
  });
});
