/** The experiment of all methods gives the same bits over loopback and over threads. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { methods } from "../../src/methods/index.ts";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { bundleThread } from "../transports/bundle.ts";

beforeAll(bundleThread);

const folder = resolve(import.meta.dirname, "../../experiments");
const text = readFileSync(resolve(folder, "all-methods.json"), "utf8");

async function play(transport: "loopback" | "threads") {
  const experiment = parseExperiment(JSON.parse(text));
  const { runs } = await runExperiment(
    { ...experiment, stop: { rounds: 25 }, record: 25, transport, threads: 2 },
    { baseDir: folder, name: "test", version: "0" },
  );
  return runs.map(({ method, solution, uplinkBits, downlinkBits }) => ({ method, solution, uplinkBits, downlinkBits }));
}

test("every method: threads send and compute what loopback does", async () => {
  const [loopback, threads] = [await play("loopback"), await play("threads")];
  expect(loopback.map(({ method }) => method).sort()).toEqual(Object.keys(methods).sort());
  for (const [i, run] of loopback.entries()) {
    expect(run.solution).toMatch(/\S/);
    expect(threads[i]).toEqual(run);
  }
}, 120_000);
