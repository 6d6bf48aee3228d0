/** What a served run shows over HTTP: the page for tabs at /, Prometheus metrics at /metrics. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { Gauge, Registry } from "prom-client";
import { UsageError } from "../core/errors.ts";
import { FileError, packageRoot } from "./files.ts";

/** What is measured at the moment of a request; a figure may be missing before a run begins. */
export type Figures = Readonly<Record<string, number | undefined>>;

const help: Readonly<Record<string, string>> = {
  workers: "Workers that have joined",
  round: "Rounds played in the current run",
  late: "Replies that came after their exchange was closed",
  repeated: "Replies that came once more",
  dropped: "Frames that were damaged, or of another run or sender",
  resynced: "Welcomes sent to workers that had lost their twin state",
  lost: "Requests that were repeated, or given up",
  hostile: "Messages that were malformed or beyond a worker's budget",
  uplink_bits: "Payload bits per worker, worker to server",
  downlink_bits: "Payload bits per worker, server to worker",
};

/** The page that makes a tab a worker. @throws FileError */
function page(): Buffer {
  const file = join(packageRoot(), "dist", "join.html");
  if (!existsSync(file)) throw new FileError(`${file}: is missing; npm run build makes it`);
  return readFileSync(file);
}

/** Serves both at http://127.0.0.1:port; `host` opens it to others. @throws FileError, Error if the port is taken */
export async function serveHttp(figures: () => Figures, port: number, host = "127.0.0.1"): Promise<Server> {
  const register = new Registry();
  for (const [name, text] of Object.entries(help)) {
    new Gauge({
      name: `thinwire_${name}`,
      help: text,
      registers: [register],
      collect() {
        const value = figures()[name];
        if (value !== undefined) this.set(value);
      },
    });
  }
  const html = page();
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (path === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
      return;
    }
    if (path !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    register.metrics().then(
      (text) => response.writeHead(200, { "content-type": register.contentType }).end(text),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? new UsageError(`--http: something listens on port ${port} already`) : error),
    );
    server.listen(port, host, resolve);
  });
  server.unref();
  return server;
}
