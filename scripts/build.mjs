// Builds dist/: kernels, then bundles and declarations. Prints one line.
//
//   index.js, sync.js, methods.js, nats.js   ES modules for browsers and Node, kernels embedded; shared code in chunk-*.js
//   thread-web.js          a Web Worker of the transport `threads` on a page
//   cli.js, thread.js      Node; everything bundled, heavy parts in chunks that are loaded on demand
//   join.html              a page that takes part in a run from a browser's tab
//   *.wasm                 the kernels themselves; types/ declarations
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { buildKernels } from "./kernels.mjs";
import { buildTab } from "./tab.mjs";

const root = resolve(import.meta.dirname, "..");
const at = (path) => resolve(root, path);
const started = performance.now();

/** Entries that exist: { "dist name": "source" }. */
const existing = (entries) =>
  Object.fromEntries(Object.entries(entries).filter(([, source]) => existsSync(at(source))));

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: ["es2022", "node20.19"],
  outdir: "dist",
  splitting: true,
  loader: { ".wasm": "binary" },
  logLevel: "error",
  legalComments: "none",
};

async function bundleLibrary() {
  await build({
    ...shared,
    target: "es2022",
    entryPoints: existing({
      index: "src/index.ts",
      sync: "src/sync.ts",
      methods: "src/methods.ts",
      nats: "src/nats/index.ts",
      optimizers: "src/optimizers/index.ts",
      "thread-web": "src/run/thread-web.ts",
    }),
    platform: "neutral",
    mainFields: ["module", "main"],
    external: ["node:*"], // only behind dynamic imports: files and threads of the experiment runner
    chunkNames: "chunk-[hash]",
    minify: true, // errors name themselves; everything else in dist has its source in src
  });
}

async function bundleCommand() {
  await build({
    ...shared,
    entryPoints: existing({ cli: "src/cli/main.ts", thread: "src/run/thread-main.ts" }),
    platform: "node",
    chunkNames: "cli-[name]-[hash]",
    minifyWhitespace: true,
    external: ["bun:jsc", "@mitata/counters"], // mitata asks for them where it can use them
    // CommonJS packages in the bundle ask for node: modules through require
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    // linkedom draws on a real canvas if one is installed; nothing here needs one
    alias: { canvas: at("node_modules/linkedom/commonjs/canvas-shim.cjs") },
  });
  const file = at("dist/cli.js");
  writeFileSync(file, `#!/usr/bin/env node\n${readFileSync(file, "utf8")}`, { mode: 0o755 });
}

/** The experiment file's JSON Schema, for editors. */
async function schema() {
  const file = at("build/schema.mjs");
  await build({
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    platform: "node",
    outfile: file,
    logLevel: "error",
    stdin: {
      contents: `import { toJsonSchema } from "@valibot/to-json-schema";
        import { experimentSchema } from "./src/run/config.ts";
        export const schema = toJsonSchema(experimentSchema, { typeMode: "input", errorMode: "ignore" });`,
      resolveDir: root,
      loader: "ts",
    },
  });
  const { schema } = await import(pathToFileURL(file));
  writeFileSync(
    at("dist/experiment.schema.json"),
    `${JSON.stringify({ title: "Thinwire experiment", ...schema }, null, 2)}\n`,
  );
}

function declarations() {
  return new Promise((done, fail) => {
    const tsc = spawn(process.execPath, [at("node_modules/typescript/bin/tsc"), "-p", at("tsconfig.build.json")]);
    let output = "";
    for (const stream of [tsc.stdout, tsc.stderr]) stream.on("data", (text) => (output += text));
    tsc.on("close", (code) => (code === 0 ? done() : fail(new Error(`declarations:\n${output}`))));
  });
}

/** Bytes of files in dist whose names match. */
const size = (pattern) =>
  readdirSync(at("dist"))
    .filter((name) => pattern.test(name))
    .reduce((sum, name) => sum + statSync(at(`dist/${name}`)).size, 0);

try {
  rmSync(at("dist"), { recursive: true, force: true });
  const types = declarations();
  types.catch(() => {}); // seen below; until then it must not end the process
  await buildKernels();
  await Promise.all([bundleLibrary(), bundleCommand(), buildTab(), types]);
  await schema();
  // a pool's modules are for its own chunk alone
  for (const name of ["core.wasm", "linalg.wasm"]) copyFileSync(at(`build/${name}`), at(`dist/${name}`));
  const kB = (bytes) => `${Math.round(bytes / 1000)} kB`;
  console.log(
    `dist: library ${kB(size(/^(index|sync|methods|nats|optimizers|chunk-.*)\.js$/))}, command ${kB(size(/^(cli|thread).*\.js$/))}, kernels ${kB(size(/\.wasm$/))}; ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}
