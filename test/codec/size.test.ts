/** What an embedder loads, weighed in dist as it is published. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const dist = resolve(import.meta.dirname, "../../dist");
if (!existsSync(resolve(dist, "index.js"))) throw new Error("dist/index.js is missing: npm run build");
const read = (file: string): Buffer => readFileSync(resolve(dist, file));
const gzipped = (content: Buffer | string): number => gzipSync(content, { level: 9 }).length;

/** Imports that an engine follows before the entry runs: those with `from` or none, not import(). */
const STATIC_IMPORT = /(?:\bfrom|\bimport)\s*"\.\/([^"]+)"/g;

/** A file and all that it loads before it runs. */
function closure(entry: string): string[] {
  const files = [entry];
  for (const file of files) {
    for (const [, next] of read(file).toString().matchAll(STATIC_IMPORT)) if (!files.includes(next!)) files.push(next!);
  }
  return files;
}

const files = closure("index.js");
const module = read("core.wasm").toString("base64").replace(/=+$/, "");

test("the entry with its chunks, the embedded module apart, is at most 15 kB", () => {
  const texts = files.map((file) => read(file).toString());
  expect(texts.filter((text) => text.includes(module))).toHaveLength(1);
  // 12.4 kB when this was written, of which the loader that instantiates modules takes 2 kB
  expect(texts.reduce((sum, text) => sum + gzipped(text.replace(module, "")), 0)).toBeLessThanOrEqual(15_000);
});

test("the entry leaves compressors, the reference backend and threads to chunks that load() asks for", () => {
  const texts = files.map((file) => read(file).toString());
  const later = texts.flatMap((text) => [...text.matchAll(/\bimport\("\.\/([^"]+)"\)/g)].map(([, file]) => file!));
  expect(later).toHaveLength(3);
  const all = [...new Set(later.flatMap(closure))].map((file) => read(file).toString());
  for (const mark of ['"random-dithering"', 'backend:"reference"', "FinalizationRegistry"]) {
    expect(
      all.some((text) => text.includes(mark)),
      mark,
    ).toBe(true);
    expect(
      texts.some((text) => text.includes(mark)),
      mark,
    ).toBe(false);
  }
});

test("the core module is at most 40 kB", () => {
  expect(gzipped(read("core.wasm"))).toBeLessThanOrEqual(40_000); // 14.4 kB when this was written
});
