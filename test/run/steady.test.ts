/** A steady round in loopback allocates nothing: measured in a process whose young generation is too large to be collected. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "thinwire-steady-"));
const script = join(folder, "steady.mjs");

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, "steady.ts")],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    loader: { ".wasm": "binary" },
    outfile: script,
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

type Measured = Record<"heapBytes" | "arrayBuffers" | "arena" | "uplinkBits" | "microseconds", number>;
function play(...more: string[]): Measured {
  const flags = ["--expose-gc", "--max-semi-space-size=256", "--min-semi-space-size=256"];
  const args = [...flags, script, "wasm", "10000", ...more];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 50_000 })) as Measured;
}

test("10^4 rounds of diana with rand-k, n = 10, d = 80", () => {
  const { heapBytes, arrayBuffers, arena, uplinkBits, microseconds } = play();
  expect(arrayBuffers).toBeLessThanOrEqual(0); // no ArrayBuffer was made
  expect(arena).toBe(0);
  expect(heapBytes).toBeLessThan(2048); // 15 as measured
  expect(uplinkBits).toBe(32 + 8 * 64); // seed and values
  expect(microseconds).toBeLessThan(1000); // 30 on an idle machine
});

test("the same with half of the workers a round, a compressed broadcast and an average", () => {
  const { heapBytes, arrayBuffers, arena, uplinkBits } = play("extras");
  expect(arrayBuffers).toBeLessThanOrEqual(0);
  expect(arena).toBe(0);
  expect(heapBytes).toBeLessThan(2048);
  expect(uplinkBits / (32 + 8 * 64)).toBeCloseTo(0.5, 1);
});
