// Runs a TypeScript tool of this repository: node scripts/ts.mjs <file.ts> [arguments]. Node 20 reads no TypeScript.
import { spawnSync } from "node:child_process";
import { basename, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const [entry, ...args] = process.argv.slice(2);
const outfile = resolve(root, "build/tools", `${basename(entry, ".ts")}.mjs`);
await build({
  entryPoints: [resolve(entry)],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19", // else the wasm loader writes what Node 20 lacks
  packages: "external",
  loader: { ".wasm": "binary" },
  define: { "import.meta.dirname": JSON.stringify(resolve(entry, "..")) },
  logLevel: "error",
});
const { status } = spawnSync(process.execPath, [outfile, ...args], { stdio: "inherit" });
process.exitCode = status ?? 1;
