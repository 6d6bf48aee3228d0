import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { compressors } from "../../src/compressors/index.ts";
import { estimators } from "../../src/estimators/index.ts";
import { methods } from "../../src/methods/index.ts";
import { problems } from "../../src/problems/index.ts";
import { command, folder, thinwire } from "./support.ts";

const commands = ["run", "list", "encode", "decode", "inspect", "bench"];
const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8"));

test("--version is the package's, and loads no command", () => {
  expect(thinwire(["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
  // what starts with every command: the entry and the chunks that it imports statically
  const dist = resolve(import.meta.dirname, "../../dist");
  const loaded = new Set<string>();
  const visit = (name: string) => {
    if (loaded.has(name)) return;
    loaded.add(name);
    const text = readFileSync(resolve(dist, name), "utf8");
    for (const [, other] of text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)) visit(other!);
  };
  visit("cli.js");
  const bytes = [...loaded].reduce((sum, name) => sum + statSync(resolve(dist, name)).size, 0);
  expect(loaded.size).toBeGreaterThan(1);
  expect(bytes).toBeLessThan(100_000); // the plots alone are 700 kB
});

test("help names every command, and every command's help has an example", () => {
  for (const args of [[], ["--help"]]) {
    const { code, out } = thinwire(args);
    expect(code).toBe(0);
    for (const name of commands) expect(out).toContain(`\n  ${name} `);
    expect(out).toContain("Exit codes: 0 done, 1 failed, 2 bad usage");
  }
  for (const name of commands) {
    const { code, out } = thinwire([name, "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Examples:\n {2}thinwire ${name}`));
  }
});

test.each([
  ["compressors", compressors],
  ["methods", methods],
  ["estimators", estimators],
  ["problems", problems],
] as const)("list %s: --json parses, the table names all", (what, registry) => {
  const { code, out } = thinwire(["list", what, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out).map(({ name }: { name: string }) => name)).toEqual(Object.keys(registry));
  const table = thinwire(["list", what]).out.split("\n");
  for (const name of Object.keys(registry)) expect(table.some((line) => line.startsWith(name))).toBe(true);
  for (const line of table) expect(line.length).toBeLessThanOrEqual(100);
});

test("list compressors --json holds class, options, defaults and source", () => {
  const [first] = JSON.parse(thinwire(["list", "compressors", "--json"]).out);
  expect(Object.keys(first)).toEqual([
    "name",
    "wireId",
    "summary",
    "constants",
    "bits",
    "options",
    "defaults",
    "reference",
  ]);
});

test("list presets: the shipped experiments", () => {
  const presets = JSON.parse(thinwire(["list", "presets", "--json"]).out);
  for (const { name, path } of presets) expect(path.endsWith(`${name}.json`)).toBe(true);
});

test.each([
  [["encod", "x"], 'thinwire: unknown command "encod"; did you mean "encode"?'],
  [["--frob"], 'thinwire: unknown option "--frob"; known: --help, --version'],
  [["list"], "thinwire list: missing required args for command `list <what>`"],
  [["list", "method"], 'thinwire list: unknown list "method"; did you mean "methods"?'],
  [["list", "methods", "extra"], "thinwire list: Unused args: `extra`"],
  [["encode", "x", "--sed", "3"], 'thinwire encode: unknown option "--sed"; did you mean "--seed"'],
  [["encode", "x.f32"], "thinwire encode: --spec must name a compressor"],
  [
    ["encode", "x.f32", "--spec", "identity", "--seed", "1.5"],
    '--seed must be an integer in 0..18446744073709551615, got "1.5"',
  ],
  [["encode", "x.f32", "--spec", "identity", "--dtype", "f16"], '--dtype must be one of f32, f64, got "f16"'],
  [["decode", "x.tw", "--max-dim", "-1"], "thinwire decode: "],
])("bad usage %j: exit 2, one line", (args, message) => {
  const { code, out, err } = thinwire(args);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toContain(message);
  expect(err.trimEnd()).not.toContain("\n");
});

test("a stack is shown only when asked for", () => {
  expect(thinwire(["encode", "missing.f32", "--spec", "identity"]).err).not.toMatch(/^\s+at /m);
  expect(thinwire(["encode", "missing.f32", "--spec", "identity"], { DEBUG: "thinwire" }).err).toMatch(/^\s+at /m);
});

test("a reader that goes away early is no error", async () => {
  const child = spawn(process.execPath, [command, "list", "methods", "--json"], { cwd: folder });
  child.stdout.destroy();
  let err = "";
  child.stderr.on("data", (text) => {
    err += text;
  });
  const code = await new Promise((done) => child.on("close", done));
  expect({ code, err }).toEqual({ code: 0, err: "" });
});
