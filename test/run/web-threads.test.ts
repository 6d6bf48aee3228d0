/** The transport `threads` on a page: the built library in headless Chromium, against loopback in Node. */
import { expect, test } from "vitest";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { chromium } from "../chromium.ts";
import { onPage as onAnyPage } from "../page.ts";

if (!chromium) console.warn("skip: no chromium on this machine; threads on a page are not tested");

const experiment = parseExperiment({
  problem: { name: "quadratic", dim: 300, mu: 1, L: 10 },
  workers: 5,
  seed: 4,
  record: 20,
  stop: { rounds: 60 },
  transport: "threads",
  runs: [
    { method: "diana", compressor: "rand-k:k=30" },
    { method: "ef21", compressor: "top-k:k=30" },
  ],
});

const OPTIONS = '{ baseDir: ".", name: "page", version: "0" }';
const IMPORTS = 'import { parseExperiment, runExperiment, webThreadsCluster } from "./methods.js";';
const onPage = (script: string, isolated: boolean) => onAnyPage(IMPORTS, script, isolated);

const run = `
  const summary = await runExperiment(parseExperiment(${JSON.stringify(experiment)}), ${OPTIONS});
  return summary.runs.map(({ solution, uplinkBits }) => ({ solution, uplinkBits }));`;

test.skipIf(!chromium)("the iterates and bits of loopback in Node", async () => {
  const alone = await runExperiment(
    { ...experiment, transport: "loopback" },
    { baseDir: ".", name: "node", version: "0" },
  );
  const expected = alone.runs.map(({ solution, uplinkBits }) => ({ solution, uplinkBits }));
  expect(await onPage(run, true)).toEqual(expected);
});

test.skipIf(!chromium)("a page that is not isolated is told which headers it needs", async () => {
  expect(await onPage(run, false)).toEqual({
    error:
      "threads: this page has no shared memory; serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
  });
});

test.skipIf(!chromium)("a script that is not there, and a worker that cannot be built", async () => {
  const from = (script: string, change: string) => `
    const cluster = (description, shards) => webThreadsCluster((${change})(description), shards, { script: ${script}, threads: 3 });
    const fails = runExperiment(parseExperiment(${JSON.stringify(experiment)}), { ...${OPTIONS}, cluster });
    return await fails.then(() => "played", (error) => error.message);`;
  expect(await onPage(from('"/none.js"', "(d) => d"), true)).toBe(
    "worker 0: the thread died: /none.js cannot be loaded",
  );
  const unknown = '(d) => ({ ...d, slots: d.slots.map(() => ({ gradient: "nothing" })) })';
  expect(await onPage(from('"/thread-web.js"', unknown), true)).toMatch(/^worker \d: .*"nothing"/);
});
