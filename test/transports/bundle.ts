/** Bundles a thread's entry from the sources under test, as the build does. */
import { renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = new URL("../../", import.meta.url);

export async function bundle(entry: string, out: string): Promise<URL> {
  const target = new URL(out, root);
  const fresh = `${fileURLToPath(target)}.${process.pid}.js`;
  await build({
    entryPoints: [fileURLToPath(new URL(entry, root))],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    loader: { ".wasm": "binary" },
    outfile: fresh,
  });
  renameSync(fresh, fileURLToPath(target)); // at once: another test may be loading the old one
  return target;
}

export const bundleThread = (): Promise<URL> => bundle("src/run/thread-main.ts", "dist/thread.js");
