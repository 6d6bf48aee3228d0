import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { gather, join, NatsServer } from "../../src/nats/index.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { startBroker, withBroker } from "./broker.ts";
import { OPTIONS, small } from "./play.ts";

const chromium = ["chromium", "/usr/bin/chromium"].find((name) => {
  try {
    execFileSync(name, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
});
if (!chromium) console.warn("skip: no chromium on this machine; the tab that joins a run is not tested");

withBroker("a browser's tab", () => {
  test.skipIf(!chromium)("joins by WebSocket and computes the iterates of loopback", async () => {
    const broker = await startBroker({ websocket: true });
    const html = readFileSync(path(import.meta.dirname, "../../dist/join.html"));
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end(html);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const profile = mkdtempSync(path(tmpdir(), "thinwire-tab-"));
    const connections = [await connect({ servers: broker.url }), await connect({ servers: broker.url })] as const;
    let browser: ChildProcess | undefined;
    try {
      const address = server.address() as AddressInfo;
      const query = new URLSearchParams({ nats: broker.wsUrl, run: "tab", worker: "1", auto: "" });
      const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
      browser = spawn(
        chromium!,
        [...flags, `--user-data-dir=${profile}`, `http://127.0.0.1:${address.port}/?${query}`],
        {
          stdio: "ignore",
        },
      );
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
      browser?.kill("SIGKILL");
      server.close();
      await Promise.all(connections.map((connection) => connection.close()));
      await broker.stop();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    }
  });
});
