/** The way to a NATS broker: connecting, and a local one for a first try. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connect, credsAuthenticator, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import type { CAC } from "cac";
import { UsageError } from "../core/errors.ts";
import { failed } from "./files.ts";
import { typedOption } from "./shell.ts";

const DEFAULT_URL = "nats://127.0.0.1:4222";
const PATIENCE_MS = 10_000;

export function brokerOptions<C extends { option(name: string, text: string): C }>(command: C): C {
  return command
    .option("--nats <url>", `Broker: nats://[user:password@]host:port, several with commas (default: ${DEFAULT_URL})`)
    .option("--creds <file>", "Credentials file of a NATS user")
    .option("--tls-ca <file>", "Certificate authority that signed the broker's certificate");
}

export interface BrokerAddress {
  servers: string[];
  options: NodeConnectionOptions;
}

/** @throws UsageError, FileError */
export function brokerAddress(cli: CAC): BrokerAddress {
  const servers: string[] = [];
  const options: NodeConnectionOptions = { maxReconnectAttempts: -1, reconnectTimeWait: 250 };
  for (const text of (typedOption(cli, "--nats") ?? DEFAULT_URL).split(",")) {
    const url = parse(text);
    if (url.username !== "") {
      options.user = decodeURIComponent(url.username);
      options.pass = decodeURIComponent(url.password);
    }
    servers.push(`${url.hostname}:${url.port || "4222"}`);
    if (url.protocol === "tls:") options.tls = {};
  }
  const creds = typedOption(cli, "--creds");
  if (creds !== undefined) options.authenticator = credsAuthenticator(read(creds));
  const ca = typedOption(cli, "--tls-ca");
  if (ca !== undefined) options.tls = { ca: new TextDecoder().decode(read(ca)) };
  return { servers, options };
}

function parse(text: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {} // said below
  if (url && ["nats:", "tls:"].includes(url.protocol) && url.hostname !== "") return url;
  const shown = text.replace(/\/\/[^@]*@/, "//...@"); // no password in an error
  throw new UsageError(`--nats must be nats://[user:password@]host:port (or tls://), got "${shown}"`);
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw failed(path, "read", error);
  }
}

/** @throws Error that names the broker and says what to try */
export async function connectBroker({ servers, options }: BrokerAddress, name: string): Promise<NatsConnection> {
  try {
    return await connect({ ...options, servers, name });
  } catch (error) {
    const cause = error as Error & { code?: string };
    const text = cause.message.replace(/^getaddrinfo (ENOTFOUND|EAI_AGAIN) .*/, "no such host");
    const hint = /refused/i.test(`${cause.message} ${cause.code} ${String(cause.cause)}`)
      ? "; is it running? thinwire serve --broker starts one"
      : "";
    throw new Error(`nats ${servers.join(", ")}: ${text}${hint}`, { cause: error });
  }
}

/** Where the broker that `--broker` starts listens for tabs: the next port. */
export function webSocketUrl({ servers }: BrokerAddress): string {
  const [host, port] = servers[0]!.split(":");
  return `ws://${host}:${Number(port) + 1}`;
}

/** Starts nats-server where `--nats` says, for a first try on one machine. @throws UsageError where there is none on PATH */
export async function startBroker({ servers }: BrokerAddress): Promise<ChildProcess> {
  const [host, port] = servers[0]!.split(":") as [string, string];
  if (!["127.0.0.1", "localhost"].includes(host)) {
    throw new UsageError(`--broker starts a broker on this machine only, got host "${host}"`);
  }
  if (await answers(Number(port))) throw new UsageError(`--broker: something listens on port ${port} already`);
  const config = join(mkdtempSync(join(tmpdir(), "thinwire-broker-")), "nats.conf");
  const tabs = `websocket { listen: "127.0.0.1:${Number(port) + 1}", no_tls: true }`;
  writeFileSync(config, `listen: "127.0.0.1:${port}"\n${tabs}\n`);
  const broker = spawn("nats-server", ["-c", config], { stdio: "ignore" });
  broker.once("exit", () => rmSync(dirname(config), { recursive: true, force: true }));
  const gone = new Promise<Error>((resolve) => {
    broker.once("error", (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === "ENOENT"
          ? new UsageError(
              "--broker: no nats-server on PATH; install it (Debian: apt install nats-server; macOS: brew install nats-server; else https://nats.io/download)",
            )
          : error,
      ),
    );
    broker.once("exit", (code) => resolve(new Error(`--broker: nats-server ended with exit code ${code}`)));
  });
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const error = await Promise.race([gone, new Promise<undefined>((resolve) => setTimeout(resolve, 50))]);
    if (error) throw error;
    if (await answers(Number(port))) return broker;
    if (performance.now() > until) {
      broker.kill();
      throw new Error(`--broker: nats-server does not listen on port ${port}`);
    }
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
