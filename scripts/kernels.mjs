// Compiles the AssemblyScript modules: build/<module>.wasm (release). A module with static data gets its own slot below
// the arena (bindings/load.ts, ARENA_BASE), since all modules of a host share one memory.
import { mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import asc from "assemblyscript/asc";

const root = resolve(import.meta.dirname, "..");
const shared = ["--importMemory", "--sharedMemory", "--maximumMemory", "65536", "--enable", "threads"];
export const modules = {
  core: { entry: "assembly/core/index.ts", flags: [] },
  pool: { entry: "assembly/core/pool.ts", flags: shared },
  thread: { entry: "assembly/core/thread.ts", flags: shared },
  linalg: { entry: "assembly/linalg/index.ts", flags: ["--importMemory", "--memoryBase", "32768"] },
};

export async function buildKernels(target = "release", outDir = "build") {
  mkdirSync(resolve(root, outDir), { recursive: true });
  for (const [name, { entry, flags }] of Object.entries(modules)) {
    const out = `${outDir}/${name}.wasm`;
    rmSync(resolve(root, out), { force: true });
    const { error, stderr } = await asc.main(
      [entry, "--config", "asconfig.json", "--target", target, "--outFile", out, ...flags],
      { stdout: { write: () => true } },
    );
    if (error) throw new Error(`${entry}: ${error.message}\n${stderr}`);
  }
}

if (process.argv[1] === import.meta.filename) await buildKernels(process.argv[2], process.argv[3]);
