import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterEach, expect, test } from "vitest";
import { subjects } from "../../src/nats/subjects.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { type Broker, freePort, startBroker, withBroker } from "./broker.ts";
import { OPTIONS, playOver, small } from "./play.ts";

/** The permissions of docs/operating.md, for the run "guarded" with two workers. */
function documented(): string {
  const text = readFileSync(path(import.meta.dirname, "../../docs/operating.md"), "utf8");
  const block = /authorization \{[\s\S]*?\n\}\n/.exec(text)![0];
  return block.replaceAll("ridge", "guarded").replaceAll("$2a$11$...", "secret");
}

const brokers: Broker[] = [];
const connections: NatsConnection[] = [];

withBroker("a broker with users", () => {
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
  });

  const open = async (config: string) => {
    const broker = await startBroker({ config });
    brokers.push(broker);
    return broker;
  };
  const as = async (broker: Broker, user: string) => {
    const connection = await connect({ servers: broker.url, user, pass: "secret" });
    connections.push(connection);
    return connection;
  };

  test("the documented permissions let a run through, and nobody speaks as another", async () => {
    const broker = await open(documented());
    const summary = await playOver(small(2), "guarded", (user) => as(broker, user), { closed: true });
    expect(summary.runs[0]!.rounds).toBe(30);

    const s = subjects("guarded");
    const worker = await as(broker, "w0");
    const server = await as(broker, "server");
    const heard: string[] = [];
    for (const subject of [s.ups]) {
      server.subscribe(subject, { callback: (_error, message) => void heard.push(message.subject) });
    }
    await server.flush();
    const refused: string[] = [];
    void (async () => {
      for await (const status of worker.status()) if (status.type === "error") refused.push(status.error.message);
    })();
    for (const subject of [s.up(1), s.down, s.to(1), s.lobby]) worker.publish(subject, new Uint8Array([0]));
    worker.publish(s.up(0), new Uint8Array([0]));
    await worker.flush();
    await server.flush();
    await expect.poll(() => refused.length, { timeout: 5000 }).toBe(4);
    for (const text of refused) expect(text).toMatch(/permissions? violation/i);
    expect(heard).toEqual([s.up(0)]);
    const denied = new Promise<Error | null>((resolve) => {
      worker.subscribe(s.to(1), { callback: (error) => resolve(error) });
    });
    expect(String(await denied)).toMatch(/permissions? violation/i);
  });

  test("a client without a user gets nothing", async () => {
    const broker = await open(documented());
    await expect(connect({ servers: broker.url, reconnect: false })).rejects.toThrow(/authoriz/i);
    await expect(connect({ servers: broker.url, user: "w0", pass: "wrong", reconnect: false })).rejects.toThrow(
      /authoriz/i,
    );
  });

  test("over TLS, with a certificate authority of one's own", async () => {
    const folder = mkdtempSync(path(tmpdir(), "thinwire-tls-"));
    const at = (name: string) => path(folder, name);
    try {
      try {
        execFileSync(
          "openssl",
          ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"].concat([
            "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:localhost",
            "-keyout",
            at("key.pem"),
            "-out",
            at("cert.pem"),
          ]),
          { stdio: "ignore" },
        );
      } catch {
        console.warn("skip: no openssl on this machine; the TLS test is not run");
        return;
      }
      const broker = await open(`tls { cert_file: "${at("cert.pem")}", key_file: "${at("key.pem")}" }`);
      await expect(
        connect({ servers: broker.url.replace("127.0.0.1", "localhost"), tls: {}, reconnect: false }),
      ).rejects.toThrow(/certificate/i);
      const ca = readFileSync(at("cert.pem"), "utf8");
      const secure = async () => {
        const connection = await connect({ servers: broker.url.replace("127.0.0.1", "localhost"), tls: { ca } });
        connections.push(connection);
        return connection;
      };
      const summary = await playOver(small(2), "tls", secure);
      expect(summary.runs[0]!.rounds).toBe(30);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a cluster of three: workers on other brokers than the server", async () => {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
    const three = await Promise.all(
      ports.map((port, i) =>
        open(`server_name: b${i}\ncluster { name: t, listen: "127.0.0.1:${port}", routes: [${routes}] }`),
      ),
    );
    let next = 0;
    const spread = async () => {
      const broker = three[next++ % 3]!;
      const connection = await connect({ servers: broker.url, ignoreClusterUpdates: true });
      connections.push(connection);
      return connection;
    };
    const alone = await runExperiment(small(3), OPTIONS);
    const summary = await playOver(small(3), "cluster", spread);
    expect(summary.runs[0]!.solution).toBe(alone.runs[0]!.solution);
  });
});
