/**
 * Threads: whole encode calls at d = 10^7 with one thread and with several, in turn, in fresh processes.
 * `node scripts/ts.mjs bench/threads.ts [threads] [processes]` after `npm run build`; with a third argument it is one process.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Codec } from "../src/index.ts";

const built = pathToFileURL(resolve(import.meta.dirname, "../dist/index.js")).href;
const dim = 10 ** 7;
const specs = [
  "sign",
  "natural",
  "random-dithering:s=7,coding=fixed",
  "random-dithering:s=7",
  "ternary",
  "natural-dithering:s=7,coding=fixed",
  "top-k:ratio=0.01",
];
const threads = Number(process.argv[2] ?? availableParallelism());
const processes = Number(process.argv[3] ?? 5);
const TURNS = 20;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Box and Muller. */
function normal(x: Float32Array): void {
  for (let i = 0; i < x.length; ++i)
    x[i] = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

async function measure(): Promise<void> {
  const { load } = (await import(built)) as typeof import("../src/index.ts");
  const libraries = [await load(), await load({ threads })];
  const out: Record<string, number[]> = {};
  for (const spec of specs) {
    const codecs = libraries.map((tw) => tw.codec(spec, dim) as Codec);
    normal(codecs[0]!.input);
    codecs[1]!.input.set(codecs[0]!.input);
    const buffers = codecs.map((codec) => new Uint8Array(codec.maxBytes));
    const times: number[][] = [[], []];
    for (let turn = 0; turn < TURNS; ++turn) {
      for (const [i, codec] of codecs.entries()) {
        const start = performance.now();
        codec.encodeInto(codec.input, buffers[i]!);
        times[i]!.push(performance.now() - start);
      }
    }
    // the machine's other work hits either way: medians, and the fastest tenth beside them
    const fast = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(TURNS / 10)]!;
    out[spec] = [median(times[0]!), median(times[1]!), fast(times[0]!), fast(times[1]!)];
  }
  for (const tw of libraries) tw.close();
  console.log(JSON.stringify(out));
}

if (process.argv[4]) await measure();
else {
  const runs = Array.from({ length: processes }, () => {
    const { stdout, stderr } = spawnSync(process.execPath, [
      ...process.execArgv,
      import.meta.filename,
      `${threads}`,
      "1",
      "measure",
    ]);
    if (!stdout.length) throw new Error(stderr.toString());
    return JSON.parse(stdout.toString()) as Record<string, number[]>;
  });
  console.log(`d = 10^7, f32, normal; ms a message, 1 and ${threads} threads; medians of ${processes} processes`);
  for (const spec of specs) {
    const at = (i: number) => median(runs.map((run) => run[spec]![i]!));
    const ratios = [0, 2].map((i) => median(runs.map((run) => run[spec]![i]! / run[spec]![i + 1]!)));
    const figures = [at(0), at(1), at(2), at(3)].map((ms) => ms.toFixed(2).padStart(7)).join("");
    console.log(`${spec.padEnd(36)}${figures}   ${ratios.map((r) => `${r.toFixed(2)}x`).join("  ")}`);
  }
}
