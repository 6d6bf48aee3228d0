// Builds dist/join.html: a page, in one file, that takes part in a run from a browser's tab.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const at = (path) => resolve(root, path);

/** One entry as a classic script. */
async function script(entry, define = {}) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    platform: "browser",
    minify: true,
    loader: { ".wasm": "binary" },
    external: ["node:*"], // only behind dynamic imports that a tab never reaches
    define,
    logLevel: "error",
    legalComments: "none",
  });
  return outputFiles[0].text;
}

export async function buildTab() {
  const worker = await script("src/nats/tab/worker.ts");
  const page = await script("src/nats/tab/page.ts", { WORKER_SCRIPT: JSON.stringify(worker) });
  const html = readFileSync(at("src/nats/tab/page.html"), "utf8");
  // a closing tag inside the script would end it
  writeFileSync(
    at("dist/join.html"),
    html.replace("/*PAGE*/", () => page.replaceAll("</script", "<\\/script")),
  );
}
