// Writes docs/compressors.md, docs/figures/frontier.svg and src/verify/bits.json from measured payloads (after `node scripts/kernels.mjs`).
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const outdir = mkdtempSync(join(tmpdir(), "compressors-"));
await build({
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  outfile: join(outdir, "document.mjs"),
  loader: { ".wasm": "binary" },
  logLevel: "error",
  alias: { canvas: resolve(root, "node_modules/linkedom/commonjs/canvas-shim.cjs") },
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  stdin: {
    contents: `export * from "./src/verify/document.ts";
      export { measureAllBits } from "./src/verify/bits.ts";
      export { entropyRows } from "./src/verify/entropy.ts";
      export { frontier } from "./src/verify/frontier.ts";
      export { frontierSvg } from "./src/verify/chart.ts";`,
    resolveDir: root,
    loader: "ts",
  },
});
const { compressorsDocument, DOCUMENT_DIM, entropyRows, frontier, frontierSvg, measureAllBits } = await import(
  pathToFileURL(join(outdir, "document.mjs")).href
);
rmSync(outdir, { recursive: true });
const points = frontier(DOCUMENT_DIM);
writeFileSync(resolve(root, "docs/compressors.md"), compressorsDocument(points, entropyRows()));
writeFileSync(resolve(root, "docs/figures/frontier.svg"), frontierSvg(points, DOCUMENT_DIM));
writeFileSync(resolve(root, "src/verify/bits.json"), `${JSON.stringify(measureAllBits(), null, 2)}\n`);
console.log(`docs/compressors.md, docs/figures/frontier.svg, src/verify/bits.json: ${points.length} compressors`);
