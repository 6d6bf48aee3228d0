import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join as path } from "node:path";
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { gather, join, NatsServer } from "../../src/nats/index.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { chromium, openPage } from "../chromium.ts";
import { startBroker, withBroker } from "./broker.ts";
import { OPTIONS, small } from "./play.ts";

if (!chromium) console.warn("skip: no chromium on this machine; the tab that joins a run is not tested");

withBroker("a browser's tab", () => {
  test.skipIf(!chromium)("joins by WebSocket and computes the iterates of loopback", async () => {
    const broker = await startBroker({ websocket: true });
    const html = readFileSync(path(import.meta.dirname, "../../dist/join.html"));
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end(html);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const connections = [await connect({ servers: broker.url }), await connect({ servers: broker.url })] as const;
    let close: (() => Promise<void>) | undefined;
    try {
      const address = server.address() as AddressInfo;
      const query = new URLSearchParams({ nats: broker.wsUrl, run: "tab", worker: "1", auto: "" });
      close = openPage(`http://127.0.0.1:${address.port}/?${query}`);
      const experiment = small(2, {
        runs: [
          { method: "diana", compressor: "rand-k:k=4" },
          { method: "ef21", compressor: "top-k:k=4" },
        ],
      });
      const transport = new NatsServer(connections[0], { run: "tab", workers: 2, limit: 1e6 });
      const joined = join(connections[1], { run: "tab", worker: 0, helloMs: 100 });
      joined.catch(() => {}); // told below
      const summary = await runExperiment(experiment, {
        ...OPTIONS,
        cluster: (description, shards, limit) => gather(transport, description, shards, limit),
      });
      await transport.close();
      await joined;
      const alone = await runExperiment(experiment, OPTIONS);
      expect(summary.runs.map(({ solution }) => solution)).toEqual(alone.runs.map(({ solution }) => solution));
    } finally {
      await close?.();
      server.close();
      await Promise.all(connections.map((connection) => connection.close()));
      await broker.stop();
    }
  });
});
