/**
 * The benchmark in headless Chromium, with Node's figures of the same minutes beside it.
 *
 * node scripts/ts.mjs bench/page/run.ts [--size 20] [--processes 3] [--quick] [--json]
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { type Column, renderTable } from "../../src/report/table.ts";
import { aggregate } from "../aggregate.ts";
import type { ChildSettings, Measured } from "../case.ts";
import { figure } from "../format.ts";
import { childRunner, machine } from "../run.ts";

const folder = import.meta.dirname;
const BROWSER = process.env.CHROMIUM ?? "chromium";
const LIMIT_SECONDS = 600;
// without these two a page's clock has steps of 100 us
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

interface Answer {
  figures?: Measured[];
  error?: string;
  isolated?: boolean;
  agent?: string;
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "main.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    loader: { ".wasm": "binary" },
    external: ["bun:jsc", "@mitata/counters", "node:*"],
    logLevel: "error",
  });
  return outputFiles[0]!.text;
}

/** One fresh browser with a profile of its own. */
function inBrowser(script: string, settings: ChildSettings): Promise<Answer> {
  const profile = mkdtempSync(join(tmpdir(), "thinwire-page-"));
  return new Promise<Answer>((done, fail) => {
    const server = createServer((request, response) => {
      if (request.method === "POST") {
        let text = "";
        request.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        request.on("end", () => {
          response.end();
          finish(() => done(JSON.parse(text) as Answer));
        });
        return;
      }
      const isScript = request.url === "/main.js";
      response.writeHead(200, { "Content-Type": isScript ? "text/javascript" : "text/html", ...ISOLATED });
      response.end(isScript ? script : '<!doctype html><script type="module" src="/main.js"></script>');
    });
    let finish = (_then: () => void): void => {};
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/?settings=${encodeURIComponent(JSON.stringify(settings))}`;
      const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
      const browser = spawn(BROWSER, [...flags, `--user-data-dir=${profile}`, url], { stdio: "ignore" });
      const limit = setTimeout(() => finish(() => fail(new Error("page: no figures in time"))), LIMIT_SECONDS * 1000);
      let then: (() => void) | undefined;
      finish = (next) => {
        clearTimeout(limit);
        then ??= next;
        browser.kill();
      };
      browser.on("error", (error) => {
        then ??= () => fail(error);
        settle();
      });
      browser.on("exit", settle);
      function settle(): void {
        clearTimeout(limit);
        server.close();
        server.closeAllConnections();
        (then ?? (() => fail(new Error("page: the browser ended without figures"))))();
      }
    });
  }).finally(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
}

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "20" },
    processes: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const common = { size: Number(values.size), dtype: "f32", distribution: "normal", quick: values.quick } as const;
const script = await bundle();
const node = childRunner(resolve(folder, "../../dist/cli.js"), ["bench", "--child"]);
const inNode: Measured[][] = [];
const inPage: Measured[][] = [];
let agent = "";
for (let i = 0; i < Number(values.processes); ++i) {
  // from 1 on: without the slow ways
  const settings: ChildSettings = { ...common, suites: ["kernels", "codecs", "rounds"], index: i + 1 };
  inNode.push(await node(settings));
  const answer = await inBrowser(script, settings);
  if (!answer.figures) throw new Error(`page: ${answer.error}`);
  if (!answer.isolated) throw new Error("page: is not cross-origin isolated, so its clock is too coarse");
  inPage.push(answer.figures);
  agent = answer.agent ?? "";
}
const [a, b] = [aggregate(inNode), aggregate(inPage)];
if (values.json) {
  console.log(JSON.stringify({ date: new Date().toISOString(), machine: machine(), agent, node: a, page: b }, null, 2));
} else {
  const titles = [
    "ns/element",
    "Node",
    "Chromium",
    "x sum, Node",
    "x sum, Chromium",
    "vs plain, Node",
    "vs plain, Chromium",
  ];
  const columns: Column[] = titles.map((title, i) => (i === 0 ? { title } : { title, right: true }));
  const rows = a.map((one) => {
    const other = b.find(({ suite, name }) => suite === one.suite && name === one.name)!;
    const pair = [one, other];
    return [
      one.name,
      ...pair.map((r) => figure(r.ns.wasm?.median)),
      ...pair.map((r) => figure(r.overSum?.median)),
      ...pair.map((r) => figure(r.faster.plain?.median)),
    ];
  });
  console.log(`${/Chrome\/[\d.]+/.exec(agent)?.[0] ?? agent}; Node ${process.versions.node}`);
  console.log(renderTable({ columns, rows, best: -1 }, { width: 140 }));
}
