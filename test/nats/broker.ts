/** Real nats-servers on loopback for tests, ended by their process. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";

/** The broker's program, or undefined. */
export const program = ["nats-server", "/usr/sbin/nats-server"].find((path) => {
  try {
    execFileSync(path, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
});

/** As `describe`; says so and skips where there is no nats-server. */
export const withBroker: typeof describe.skip = (program ? describe : missing()) as typeof describe.skip;

function missing() {
  console.warn("skip: no nats-server on this machine; tests of thinwire/nats are not run");
  return describe.skip;
}

export interface Broker {
  readonly url: string;
  readonly wsUrl: string;
  readonly folder: string;
  readonly process: ChildProcess;
  /** Kills it at once, or stops and continues it. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again on the same ports. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface BrokerSettings {
  /** More lines of configuration. */
  config?: string;
  port?: number;
  wsPort?: number;
  websocket?: boolean;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether something listens there, asked until it does. @throws Error after 10 s */
async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; ++attempt) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = dial(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nats-server: does not listen on port ${port}`);
}

export async function startBroker(settings: BrokerSettings = {}): Promise<Broker> {
  const port = settings.port ?? (await freePort());
  const wsPort = settings.wsPort ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "thinwire-nats-"));
  const file = join(folder, "nats.conf");
  const websocket = settings.websocket ? `websocket { listen: "127.0.0.1:${wsPort}", no_tls: true }\n` : "";
  writeFileSync(file, `listen: "127.0.0.1:${port}"\n${websocket}${settings.config ?? ""}\n`);
  const start = async () => {
    const child = spawn(program!, ["-c", file], { stdio: "ignore" });
    await listening(port);
    return child;
  };
  let child = await start();
  const ended = () =>
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    url: `nats://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${wsPort}`,
    folder,
    get process() {
      return child;
    },
    signal: (name) => void child.kill(name),
    async restart() {
      child.kill("SIGKILL");
      await ended();
      child = await start();
    },
    async stop() {
      child.kill("SIGKILL");
      await ended();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
