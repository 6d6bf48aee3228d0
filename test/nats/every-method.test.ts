/** The experiment of all methods gives the same bits over NATS as over loopback. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { methods } from "../../src/methods/index.ts";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { startBroker, withBroker } from "./broker.ts";
import { OPTIONS, playOver } from "./play.ts";

const file = resolve(import.meta.dirname, "../../experiments/all-methods.json");

withBroker("over NATS", () => {
  test("every method: the iterates and bits of loopback", async () => {
    const experiment = { ...parseExperiment(JSON.parse(readFileSync(file, "utf8"))), stop: { rounds: 8 }, record: 8 };
    const expected = (await runExperiment(experiment, OPTIONS)).runs;
    expect(expected.map(({ method }) => method).sort()).toEqual(Object.keys(methods).sort());
    const broker = await startBroker();
    const connections: NatsConnection[] = [];
    const open = async () => {
      const connection = await connect({ servers: broker.url });
      connections.push(connection);
      return connection;
    };
    try {
      const { runs } = await playOver(experiment, "all", open);
      for (const [i, run] of runs.entries()) {
        for (const key of ["method", "solution", "uplinkBits", "downlinkBits", "rounds"] as const) {
          expect(run[key], `${run.method} ${key}`).toBe(expected[i]![key]);
        }
      }
      expect(runs).toHaveLength(expected.length);
    } finally {
      await Promise.all(connections.map((connection) => connection.close()));
      await broker.stop();
    }
  }, 120_000);
});
