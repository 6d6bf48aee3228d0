/**
 * A run over NATS under a seeded schedule of faults: processes of every kind killed and stopped, messages lost, repeated,
 * late, cut and flipped. Takes about a minute; `npm run test:chaos`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path, resolve } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { lcg } from "../kernels/harness.ts";
import { type Broker, startBroker, withBroker } from "../nats/broker.ts";

const N = 4;
const SEED = Number(process.env.CHAOS_SEED ?? 7);
const LIMIT_MS = 180_000;
const root = resolve(import.meta.dirname, "../..");
const experiment = {
  problem: { name: "ridge", lambda: 0.1, data: { generator: "make-regression", rows: 80, features: 40, noise: 10 } },
  workers: N,
  seed: 11,
  record: 50,
  stop: { relativeError: 1e-22, rounds: 60_000 },
  runs: [{ method: "diana", compressor: "rand-k:k=4" }],
};

/** Processes of this test, ended with it. */
class Crew {
  readonly #children = new Set<ChildProcess>();

  start(args: readonly string[], cwd: string, onText?: (text: string) => void): ChildProcess {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, CI: "1" },
    });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => onText?.(text));
    this.#children.add(child);
    return child;
  }

  async end(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
  }
}

/** The worker as one file beside nothing: a process that can be killed without leaving a child. */
async function bundleWorker(outfile: string): Promise<void> {
  await build({
    entryPoints: [path(import.meta.dirname, "worker.ts")],
    outfile,
    bundle: true,
    format: "esm",
    target: "node20",
    platform: "node",
    loader: { ".wasm": "binary" },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
}

const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Open descriptors and resident memory (MB) of a process. */
const footprint = (pid: number) => ({
  descriptors: readdirSync(`/proc/${pid}/fd`).length,
  memory: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024,
});

withBroker("chaos", () => {
  test(
    "two hundred faults change neither the solution nor memory",
    async () => {
      const folder = mkdtempSync(path(tmpdir(), "thinwire-chaos-"));
      const at = (name: string) => path(folder, name);
      writeFileSync(at("chaos.json"), JSON.stringify(experiment));
      await bundleWorker(at("worker.mjs"));
      const crew = new Crew();
      const broker: Broker = await startBroker();
      const random = lcg(SEED);
      const counts = { worker: 0, server: 0, broker: 0, stopped: 0 };
      let said = "";
      let heard = "";
      let lives = 0;
      const url = broker.url.replace("nats://", "");
      const serve = () =>
        crew.start(
          [
            path(root, "dist/cli.js"),
            "serve",
            "chaos.json",
            "--send-data",
            "--nats",
            broker.url,
            "--out",
            "out",
            "--json",
          ].concat(["--checkpoint", "state", "--every", "50", "--resume"]),
          folder,
          (text) => {
            said += text;
          },
        );
      const work = (worker: number) =>
        crew.start(
          [at("worker.mjs"), url, "chaos", `${worker}`].concat([`${SEED + 100 * ++lives + worker}`, at("faults")]),
          folder,
          (text) => {
            heard += text;
          },
        );
      writeFileSync(at("faults"), "");
      try {
        let server = serve();
        const workers = Array.from({ length: N }, (_, worker) => work(worker));
        const until = performance.now() + LIMIT_MS;
        let before: ReturnType<typeof footprint> | undefined;
        while (performance.now() < until) {
          await sleep(300 + 900 * random());
          if (!isAlive(server) && server.exitCode !== null) break; // it is over
          const u = random();
          const victim = Math.floor(N * random());
          if (u < 0.3) {
            counts.worker += 1;
            workers[victim]!.kill("SIGKILL");
            await sleep(100 * random());
            workers[victim] = work(victim);
          } else if (u < 0.4 && counts.server < 6 && existsSync(at("state"))) {
            counts.server += 1;
            server.kill("SIGKILL");
            await sleep(50);
            server = serve();
            before = undefined;
          } else if (u < 0.5) {
            counts.broker += 1;
            await broker.restart();
          } else if (u < 0.8) {
            counts.stopped += 1;
            const child = u < 0.7 ? workers[victim]! : server;
            child.kill("SIGSTOP");
            await sleep(100 + 300 * random());
            child.kill("SIGCONT");
          } else if (isAlive(server)) before ??= footprint(server.pid!);
          for (const [i, child] of workers.entries()) {
            if (!isAlive(child) && isAlive(server)) workers[i] = work(i);
          }
          if (isAlive(server) && before) {
            const now = footprint(server.pid!);
            expect(now.descriptors - before.descriptors, "descriptors").toBeLessThan(8);
            expect(now.memory - before.memory, "memory, MB").toBeLessThan(80);
          }
        }
        expect(server.exitCode, `${said.slice(-2000)}\nworkers: ${heard.slice(-2000)}`).toBe(0);
        const summary = JSON.parse(readFileSync(at("out/summary.json"), "utf8")) as {
          runs: { stoppedBy: string; relativeError: number; solution: string }[];
        };
        const faults = readFileSync(at("faults"), "utf8");
        const inside = faults.replace(/[^A-Z]/g, "").length;
        const processes = counts.worker + counts.server + counts.broker + counts.stopped;
        console.log(
          `chaos: seed ${SEED}, ${faults.length} messages (${inside} replies that were waited for), processes ${JSON.stringify(counts)}`,
        );
        expect(faults.length + processes).toBeGreaterThan(200);
        expect(inside).toBeGreaterThan(20);
        for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
        // the same solution as without any of this
        expect(summary.runs[0]!.stoppedBy).toBe("relativeError");
        const alone = await runExperiment(parseExperiment(experiment), { baseDir: ".", name: "alone", version: "0" });
        expect(alone.runs[0]!.stoppedBy).toBe("relativeError");
        expect(summary.runs[0]!.relativeError).toBeLessThan(1e-20);
        expect(said).toMatch(/resynced/);
      } finally {
        await crew.end();
        await broker.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    },
    LIMIT_MS + 60_000,
  );
});
