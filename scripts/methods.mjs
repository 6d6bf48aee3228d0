// Plays every promise of test/promises; writes docs/methods.md and experiments/all-methods.json (after `node scripts/kernels.mjs`).
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const outdir = mkdtempSync(join(tmpdir(), "methods-"));
const names = readdirSync(resolve(root, "test/promises"))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map((file) => file.slice(0, -".ts".length));
await build({
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  outfile: join(outdir, "methods.mjs"),
  loader: { ".wasm": "binary" },
  logLevel: "error",
  stdin: {
    contents: `export * from "./test/promises/document.ts";
      export * from "./test/promises/smoke.ts";
      import { methodOf } from "./test/promises/document.ts";
      ${names.map((name, i) => `import * as m${i} from "./test/promises/${name}.ts";`).join("\n")}
      export const modules = { ${names.map((name, i) => `[methodOf("${name}")]: m${i}`).join(", ")} };`,
    resolveDir: root,
    loader: "ts",
  },
});
const { helpers, methodsDocument, modules, playAll, SMOKE, smokeExperiment, smokeTable } = await import(
  pathToFileURL(join(outdir, "methods.mjs")).href
);
rmSync(outdir, { recursive: true });
for (const name of helpers) delete modules[name];
const only = process.argv.slice(2);
const chosen = only.length ? Object.fromEntries(only.map((name) => [name, modules[name]])) : modules;
const rows = await playAll(chosen);
const faults = rows.flatMap(({ method, played }) => played.faults.map((fault) => `${method.name}: ${fault}`));
if (only.length) {
  for (const { method, promise, played } of rows) console.log(`${method.name}: ${promise.text}\n  ${played.measured}`);
} else {
  const smoke = smokeExperiment(modules);
  writeFileSync(resolve(root, `experiments/${SMOKE}.json`), `${JSON.stringify(smoke, null, 2)}\n`);
  writeFileSync(resolve(root, "docs/methods.md"), methodsDocument(rows, await smokeTable(smoke)));
  console.log(`docs/methods.md: ${rows.length} promises of ${Object.keys(chosen).length} methods`);
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length ? 1 : 0;
