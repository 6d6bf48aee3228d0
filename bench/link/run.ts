/**
 * Time to accuracy over a slow link, measured, beside what the virtual clock predicts: a broker, a server and n workers in
 * processes of their own, each worker behind a shaped link (shape.ts). First every method plays some rounds over links that
 * are not shaped: seconds a round there are what the clock is given as `compute`. All processes end within --limit seconds.
 *
 * node scripts/ts.mjs bench/link/run.ts [--bandwidth 1e7] [--latency 0.04] [--dim 20000] [--workers 4] [--limit 300]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startBroker } from "../../src/cli/broker.ts";
import { type Column, renderTable } from "../../src/report/table.ts";
import type { ExperimentSummary } from "../../src/run/trace.ts";
import { figure } from "../format.ts";
import { machine } from "../run.ts";
import { type Shape, shapedLink } from "./shape.ts";

const command = resolve(import.meta.dirname, "../../dist/cli.js");
const CALIBRATION_ROUNDS = 40;

const { values } = parseArgs({
  options: {
    bandwidth: { type: "string", default: "1e7" },
    latency: { type: "string", default: "0.04" },
    dim: { type: "string", default: "20000" },
    workers: { type: "string", default: "4" },
    limit: { type: "string", default: "300" },
  },
});
const dim = Number(values.dim);
const workers = Number(values.workers);
const shape: Shape = { bandwidth: Number(values.bandwidth), latency: Number(values.latency) };
const until = performance.now() + 1000 * Number(values.limit);

const runs = [
  { label: "dgd", method: "dgd" },
  { label: "diana, rand-k d/4", method: "diana", compressor: `rand-k:k=${Math.round(dim / 4)}` },
  { label: "diana, natural", method: "diana", compressor: "natural" },
];
const experiment = {
  problem: { name: "quadratic", dim, mu: 1, L: 5, rotate: false },
  workers,
  seed: 1,
  record: 5,
};

const folder = mkdtempSync(join(tmpdir(), "thinwire-link-"));
const children: ChildProcess[] = [];

function start(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  return new Promise((done, fail) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), Math.max(0, until - performance.now()));
    child.once("error", fail);
    child.once("close", (code) => {
      clearTimeout(timer);
      if (code === 0) done(out);
      else fail(new Error(`thinwire ${args[0]}: exit code ${code}: ${err.trim()}`));
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** Plays an experiment over NATS with every worker behind its own link. */
async function play(name: string, content: object, over?: Shape): Promise<ExperimentSummary> {
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const broker = await startBroker({ servers: [`127.0.0.1:${port}`], options: {} });
  const links = await Promise.all(Array.from({ length: workers }, () => shapedLink(port, over)));
  try {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(content));
    const served = start(["serve", file, "--nats", url, "--out", join(folder, name), "--quiet", "--json"]);
    const joined = links.map((link, i) =>
      start(["join", name, "--nats", `nats://127.0.0.1:${link.port}`, "--worker", String(i), "--quiet"]),
    );
    const [summary] = await Promise.all([served, ...joined]);
    return JSON.parse(summary!) as ExperimentSummary;
  } finally {
    await Promise.all(links.map((link) => link.close()));
    broker.kill("SIGKILL");
  }
}

try {
  const free = await play("free", { ...experiment, stop: { rounds: CALIBRATION_ROUNDS }, runs });
  const compute = free.runs.map(({ seconds, rounds }) => seconds / rounds);
  const network = (i: number) => ({ uplink: shape, downlink: shape, compute: compute[i]! });
  const stop = { relativeError: 1e-6, rounds: 5000 };
  const timed = runs.map((run, i) => ({ ...run, network: network(i) }));
  const shaped = await play("shaped", { ...experiment, stop, runs: timed }, shape);
  const columns: Column[] = [
    { title: "method" },
    ...["rounds", "free ms/round", "predicted s", "measured s", "measured/predicted", "uplink Mbit"].map((title) => ({
      title,
      right: true as const,
    })),
  ];
  const rows = shaped.runs.map((run, i) => [
    run.label,
    String(run.rounds),
    figure(1000 * compute[i]!),
    figure(run.simulatedSeconds!),
    figure(run.seconds),
    figure(run.seconds / run.simulatedSeconds!),
    figure(run.uplinkBits / 1e6),
  ]);
  const { cpu, cores, platform, node } = machine();
  const { bandwidth, latency } = shape;
  console.log(`${cores} cores of ${cpu}, ${platform}, Node ${node}; load ${loadavg()[0]!.toFixed(1)}`);
  console.log(`quadratic, d = ${dim}, n = ${workers}, f64, to relative error ${stop.relativeError}`);
  console.log(`each worker: ${bandwidth / 1e6} Mbit/s and ${1000 * latency} ms each way`);
  console.log(renderTable({ columns, rows, best: -1 }));
} finally {
  for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
