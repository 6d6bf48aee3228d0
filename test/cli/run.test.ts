/** The command `run` as its users meet it: outputs, mistakes, interrupts, a disk that is full. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const cli = resolve(import.meta.dirname, "../../dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "thinwire-run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const thinwire = (...args: string[]) =>
  spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: "utf8", timeout: 50_000 });

const small = {
  problem: { name: "ridge", lambda: 0.1, data: { generator: "make-regression", rows: 40, features: 8, noise: 10 } },
  workers: 4,
  seed: 3,
  stop: { rounds: 60 },
  record: 10,
  runs: [
    { method: "diana", compressor: "rand-k:k=2" },
    { method: "ef21", compressor: "top-k:k=2" },
  ],
};

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("writes trace, summary, plot and report; --json prints the summary", () => {
  const { status, stdout } = thinwire("run", file("small.json", small), "--out", "out", "--json", "--quiet");
  expect(status).toBe(0);
  const summary = JSON.parse(stdout);
  expect(JSON.parse(readFileSync(join(folder, "out/summary.json"), "utf8"))).toEqual(summary);
  const trace = readFileSync(join(folder, "out/trace.jsonl"), "utf8").trim().split("\n");
  expect(trace).toHaveLength(2 * 7);
  for (const line of trace) expect(JSON.parse(line).uplinkBits).toBeTypeOf("number");
  for (const name of ["plot.svg", "report.html"]) expect(existsSync(join(folder, "out", name))).toBe(true);
  const [diana] = summary.runs;
  expect(diana).toMatchObject({
    method: "diana",
    compressor: "rand-k:k=2",
    label: "diana",
    workers: 4,
    dim: 8,
    dtype: "f64",
  });
  expect(diana).toMatchObject({ rounds: 60, stoppedBy: "rounds", seed: 3, uplinkBits: 60 * 8 * (4 + 2 * 8) });
  expect(diana.uplinkFramingBits / 60).toBeLessThanOrEqual(24 * 8);
  expect(diana.solution).toMatch(/^[0-9a-f]{16}$/);
});

test("same file, same bits: loopback, threads, Wasm and reference", () => {
  const path = file("same.json", small);
  const results = [
    ["--transport", "loopback"],
    ["--transport", "threads", "--threads", "1"],
    ["--transport", "threads", "--threads", "3"],
    ["--backend", "reference"],
  ].map((args) => {
    const { stdout, stderr } = thinwire("run", path, "--json", "--quiet", ...args);
    expect(stderr).toBe("");
    return JSON.parse(stdout).runs.map((run: Record<string, unknown>) => [
      run.solution,
      run.uplinkBits,
      run.downlinkBits,
    ]);
  });
  for (const result of results) expect(result).toEqual(results[0]);
});

test("mistakes: one line, exit code 2, key, rule, value and the near names", () => {
  const cases: [unknown, RegExp][] = [
    [{ ...small, worker: 3 }, /experiment\.worker: unknown key "worker"; did you mean "workers"\?/],
    [{ ...small, problem: { ...small.problem, lamda: 1 } }, /unknown key "lamda" for ridge; did you mean "lambda"\?/],
    [{ ...small, runs: [{ method: "dianna" }] }, /runs\[0\]\.method: unknown name "dianna"; .*diana/],
    [
      { ...small, runs: [{ method: "diana", compressor: "rand-k:k=9" }] },
      /rand-k: k must be an integer in 1\.\.8 \(d\), got 9/,
    ],
    [{ ...small, runs: [{ method: "diana", compressor: "randk:k=2" }] }, /unknown name "randk"; near: rand-k/],
    [{ ...small, runs: [{ method: "diana" }] }, /diana: needs a compressor/],
    [{ ...small, runs: [{ method: "diana", compressor: "top-k:k=2" }] }, /needs an unbiased compressor/],
    [
      { ...small, runs: [{ method: "dgd", options: { gama: 1 } }] },
      /unknown key "gama" for dgd; did you mean "gamma"\?/,
    ],
    [{ ...small, runs: [{ method: "dgd", options: { gamma: -1 } }] }, /dgd: gamma must be positive, got -1/],
    [{ ...small, stop: {} }, /never stops/],
    ["{", /is not JSON/],
  ];
  for (const [content, message] of cases) {
    const { status, stderr } = thinwire("run", file("wrong.json", content), "--quiet");
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(status).toBe(2);
  }
});

test("a run that diverges says so, on every transport", () => {
  const wild = {
    ...small,
    record: 1000,
    stop: { rounds: 5000 },
    runs: [{ method: "dgd", options: { gamma: 100 } }, { method: "dgd" }],
  };
  for (const transport of ["loopback", "threads"]) {
    const { status, stdout, stderr } = thinwire(
      "run",
      file("wild.json", wild),
      "--json",
      "--quiet",
      "--transport",
      transport,
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(JSON.parse(stdout).runs.map((run: { stoppedBy: string }) => run.stoppedBy)).toEqual(["diverged", "rounds"]);
  }
});

test("a malformed data file: file, line, what was expected; exit code 1", () => {
  file("data.txt", "1 1:0.5 2:1\n-1 1:0.5 2\n");
  const broken = { ...small, problem: { name: "logistic", lambda: 0.1, data: { libsvm: "data.txt" } }, workers: 2 };
  const { status, stderr } = thinwire("run", file("broken.json", broken), "--quiet");
  expect(stderr).toMatch(/data\.txt:2: expected index:value/);
  expect(status).toBe(1);
});

test("an unwritable --out says why and writes nothing", () => {
  for (const out of ["/proc/x", join(file("in-the-way", ""), "x")]) {
    const { status, stderr } = thinwire("run", file("small.json", small), "--out", out, "--quiet");
    expect(stderr).toMatch(/cannot be written/);
    expect(status).toBe(1);
  }
});

test("a full disk ends the run with its reason", (context) => {
  if (!existsSync("/dev/full")) context.skip("no /dev/full here");
  const out = mkdtempSync(join(folder, "full-"));
  symlinkSync("/dev/full", join(out, "trace.jsonl"));
  const { status, stderr } = thinwire("run", file("small.json", small), "--out", out, "--quiet");
  expect(stderr).toMatch(/trace\.jsonl: cannot be written: the disk is full/);
  expect(status).toBe(1);
});

test("an interrupt leaves a valid trace and the finished part of the summary", async () => {
  const endless = { ...small, stop: { rounds: 1e9 }, record: 100 };
  const child = spawn(
    process.execPath,
    [cli, "run", file("endless.json", endless), "--out", "cut", "--quiet", "--json"],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  const trace = join(folder, "cut/trace.jsonl");
  while (!existsSync(trace) || readFileSync(trace).length < 1000) await new Promise((done) => setTimeout(done, 50));
  child.kill("SIGINT");
  const code = await new Promise((done) => child.on("close", done));
  expect(code).toBe(130);
  const points = readFileSync(trace, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(points.length).toBeGreaterThan(2);
  const summary = JSON.parse(output);
  expect(summary.runs).toHaveLength(1);
  expect(summary.runs[0].stoppedBy).toBe("interrupted");
});
