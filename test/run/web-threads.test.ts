/** The transport `threads` on a page: the built library in headless Chromium, against loopback in Node. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parseExperiment } from "../../src/run/config.ts";
import { runExperiment } from "../../src/run/experiment.ts";
import { chromium, openPage } from "../chromium.ts";

const dist = resolve(import.meta.dirname, "../../dist");
const LIMIT_MS = 50_000;
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

const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const OPTIONS = '{ baseDir: ".", name: "page", version: "0" }';

/** What a page with this script posts. */
async function onPage(script: string, isolated: boolean): Promise<unknown> {
  const html = `<!doctype html><script type="module">
    import { parseExperiment, runExperiment, webThreadsCluster } from "./methods.js";
    const answer = (value) => fetch("/answer", { method: "POST", body: JSON.stringify(value) });
    try { await answer(await (async () => { ${script} })()); }
    catch (error) { await answer({ error: error.message }); }
  </script>`;
  let answered: (value: unknown) => void = () => {};
  const answer = new Promise<unknown>((done) => {
    answered = done;
  });
  const server = createServer((request, response) => {
    const headers = isolated ? ISOLATED : {};
    if (request.method === "POST") {
      let text = "";
      request.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      request.on("end", () => {
        response.end();
        answered(JSON.parse(text));
      });
    } else if (request.url === "/") {
      response.writeHead(200, { "content-type": "text/html", ...headers }).end(html);
    } else {
      const file = join(dist, basename(request.url!));
      if (!existsSync(file)) response.writeHead(404).end();
      else response.writeHead(200, { "content-type": "text/javascript", ...headers }).end(readFileSync(file));
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const close = openPage(`http://127.0.0.1:${port}/`);
  let limit: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      answer,
      new Promise<never>((_, fail) => {
        limit = setTimeout(() => fail(new Error("the page did not answer")), LIMIT_MS);
      }),
    ]);
  } finally {
    clearTimeout(limit);
    await close();
    server.closeAllConnections();
    server.close();
  }
}

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
