/** Every method keeps its promise, and docs/methods.md says what was measured. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { methods } from "../../src/methods/index.ts";
import type { PromiseModule } from "./contract.ts";
import { helpers, methodOf, methodsDocument, promisesOf, type Row, rowText } from "./document.ts";
import { play } from "./play.ts";
import { SMOKE, smokeExperiment, smokeTable } from "./smoke.ts";

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map((file) => file.slice(0, -".ts".length))
  .filter((name) => !helpers.includes(name));
const modules: Record<string, PromiseModule> = Object.fromEntries(
  await Promise.all(
    names.map(async (name) => [
      methodOf(name),
      await import(/* @vite-ignore */ resolve(import.meta.dirname, `${name}.ts`)),
    ]),
  ),
);
const document = readFileSync(resolve(import.meta.dirname, "../../docs/methods.md"), "utf8").split("\n");

test("every method has its promise, and nothing else has", () => {
  expect(names.map(methodOf).sort()).toEqual(Object.keys(methods).sort());
});

describe("promises", () => {
  const rows: Row[] = [];
  const all = Object.values(methods).flatMap((method) =>
    promisesOf(modules[method.name]).map((promise) => ({ method, promise, label: `${method.name}: ${promise.text}` })),
  );

  test.each(all)("$label", async ({ method, promise }) => {
    const row = { method, promise, played: await play(method, promise) };
    expect(row.played.faults).toEqual([]);
    rows.push(row);
    expect(document, "docs/methods.md is not current: node scripts/methods.mjs").toContain(rowText(row));
  });

  test("docs/methods.md holds these rows and no others, and what 1e-6 costs on one problem", async () => {
    expect(rows).toHaveLength(all.length);
    const smoke = smokeExperiment(modules);
    const kept = readFileSync(resolve(import.meta.dirname, `../../experiments/${SMOKE}.json`), "utf8");
    expect(JSON.parse(kept)).toEqual(JSON.parse(JSON.stringify(smoke)));
    expect(document.join("\n")).toBe(methodsDocument(rows, await smokeTable(smoke)));
  });
});
