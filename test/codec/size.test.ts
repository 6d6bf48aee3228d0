import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** Measured 20.8 kB, of which the loader that instantiates modules takes 2 kB and the composites take 3.5 kB. */
const LIMIT = 21_500;

test("the entry without its module is small, and has the reference backend in a chunk of its own", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: ["src/index.ts"],
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    loader: { ".wasm": "empty" },
    outdir: "unused",
    metafile: true,
    write: false,
  });
  const entry = outputFiles.find(({ path }) => path.endsWith("index.js"))!;
  expect(gzipSync(entry.contents, { level: 9 }).length).toBeLessThan(LIMIT);
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((path) => /src\/(methods|problems|run|cli|data)\//.test(path))).toEqual([]);
  const own = Object.entries(metafile.outputs).find(([path]) => path.endsWith("index.js"))![1];
  expect(Object.keys(own.inputs).filter((path) => path.includes("bindings/reference"))).toEqual([]);
});
