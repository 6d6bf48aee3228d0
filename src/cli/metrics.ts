/** Prometheus metrics of a served run, in its text format over HTTP. */
import { createServer, type Server } from "node:http";
import { Gauge, Registry } from "prom-client";

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

/** Serves `figures` at http://127.0.0.1:port/metrics; `host` opens it to others. */
export async function serveMetrics(figures: () => Figures, port: number, host = "127.0.0.1"): Promise<Server> {
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
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    register.metrics().then(
      (text) => response.writeHead(200, { "content-type": register.contentType }).end(text),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  server.unref();
  return server;
}
