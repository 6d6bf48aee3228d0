/** The repository's plug-in rule: one file, one registry line, one test. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { aggregators } from "../src/aggregators/index.ts";
import { compressors, compressorsByWireId } from "../src/compressors/index.ts";
import { estimators } from "../src/estimators/index.ts";
import { maps } from "../src/maps/index.ts";
import { methods } from "../src/methods/index.ts";
import { problems } from "../src/problems/index.ts";
import { proxes } from "../src/prox/index.ts";

interface Folder {
  /** Below src/ and test/. */
  name: string;
  /** Files that are no plugins. */
  helpers: readonly string[];
  /** What the registry holds, by name. */
  registry: Readonly<Record<string, { readonly name: string }>>;
}

const folders: Folder[] = [
  {
    name: "compressors",
    helpers: [
      "index",
      "spec",
      "common",
      "levels",
      "concatenation",
      "examples",
      "frequencies",
      "independent",
      "low-rank",
      "sparse",
      "symmetric",
      "two-step",
    ],
    registry: compressors,
  },
  {
    name: "methods",
    helpers: [
      "index",
      "common",
      "compensated",
      "downlink",
      "estimates",
      "fixed-point",
      "fixed-point-maps",
      "shifted",
      "variant",
      "integers",
      "tracked",
    ],
    registry: methods,
  },
  {
    name: "problems",
    helpers: ["index", "factory", "minimisers", "newton", "rows", "rows-problem", "spectrum"],
    registry: problems,
  },
  { name: "estimators", helpers: ["index", "common", "table"], registry: estimators },
  { name: "maps", helpers: ["index", "contract", "parts"], registry: maps },
  { name: "prox", helpers: ["index", "common", "minimise"], registry: proxes },
  { name: "aggregators", helpers: ["index", "contract", "rows", "sign-counter"], registry: aggregators },
];

const root = resolve(import.meta.dirname, "..");

/** Paths below `folder` without extension, family folders included. */
function files(folder: string, ending: string): string[] {
  return readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(ending))
    .map((path) => path.slice(0, -ending.length))
    .sort();
}

/** `diana-plus.ts` holds `diana+`. */
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1).replace(/-plus$/, "+");

for (const { name, helpers, registry } of folders) {
  const plugins = files(`src/${name}`, ".ts").filter((path) => !helpers.includes(path));

  test(`${name}: every plugin file is registered under its own name, and nothing else is`, () => {
    expect(Object.keys(registry).sort()).toEqual(plugins.map(nameOf).sort());
    for (const [key, entry] of Object.entries(registry)) expect(entry.name).toBe(key);
  });

  test(`${name}: every plugin file has a test that builds it`, () => {
    const tests = files(`test/${name}`, ".test.ts");
    for (const path of plugins) {
      expect(tests).toContain(path);
      const text = readFileSync(resolve(root, `test/${name}/${path}.test.ts`), "utf8");
      const named = text.includes(`src/${name}/index.ts"`) && text.includes(`"${nameOf(path)}"`);
      expect(named || text.includes(`src/${name}/${path}.ts"`), path).toBe(true);
    }
  });

  test(`${name}: every plugin file names its source`, () => {
    for (const path of plugins) {
      const text = readFileSync(resolve(root, `src/${name}/${path}.ts`), "utf8");
      expect(text, path).toMatch(/^\/\*\*\n(?:.*\n)*? \* Source: /);
    }
  });
}

test("methods: every one has its promise in test/promises", () => {
  const promised = files("test/promises", ".ts").map(nameOf);
  for (const name of Object.keys(methods)) expect(promised, `test/promises/${name}.ts`).toContain(name);
});

test("compressors: wire numbers are unique, in 1..65535, and never change", () => {
  const all = Object.values(compressors);
  expect(compressorsByWireId.size).toBe(all.length);
  for (const factory of all) {
    expect(Number.isInteger(factory.wireId) && factory.wireId >= 1 && factory.wireId <= 65535).toBe(true);
    expect(compressorsByWireId.get(factory.wireId)).toBe(factory);
  }
  // messages outlive releases: a number once given stays with its name
  const given = {
    identity: 1,
    zero: 2,
    bernoulli: 3,
    "rand-k": 4,
    "biased-rand-k": 5,
    "top-k": 6,
    sign: 7,
    "stochastic-sign": 8,
    "random-dithering": 9,
    ternary: 10,
    natural: 11,
    "natural-dithering": 12,
    induced: 13,
    "rand-seq-k": 14,
    "top-lek": 15,
    "adaptive-random": 16,
    wangni: 17,
    "hard-threshold": 18,
    "sparse-dithering": 19,
    spherical: 20,
    "cross-polytope": 21,
    "sparse-loco": 22,
    "one-bit": 23,
    "raw-sign": 24,
    "exponential-dithering": 25,
    rounding: 26,
    integer: 27,
    cast: 28,
    "block-8bit": 29,
    kashin: 30,
    qsparse: 31,
    "top-k-dithering": 32,
    scaled: 33,
    residual: 34,
    composed: 35,
    block: 36,
    layers: 37,
    "rank-r": 38,
    "power-sgd": 39,
    atomo: 40,
    smooth: 41,
    entropy: 42,
    "raw-stochastic-sign": 43,
  };
  for (const [name, wireId] of Object.entries(given)) expect(compressors[name]?.wireId, name).toBe(wireId);
});

/** Imports point down this list; those of one line do not import each other, but for the exceptions below. */
const layers: readonly (readonly string[])[] = [
  ["bindings"],
  ["src/core"],
  ["src/wire", "src/transports"],
  [
    "src/compressors",
    "src/maps",
    "src/methods",
    "src/problems",
    "src/data",
    "src/estimators",
    "src/aggregators",
    "src/prox",
  ],
  ["src/run", "src/codec"],
  ["src/report", "src/nats"],
  ["src/verify"],
  ["src/cli"],
];
/** What a folder may import besides what lies below it. */
const besides: Readonly<Record<string, readonly string[]>> = {
  "src/maps": ["src/compressors"],
  "src/methods": ["src/aggregators", "src/compressors", "src/estimators"], // parts of them; the registries are for run/
  "src/problems": ["src/data"],
};
/** Transports know nothing of what frames say. */
const only: Readonly<Record<string, readonly string[]>> = { "src/transports": ["src/core"] };

test("imports point one way", () => {
  const level = new Map(layers.flatMap((names, at) => names.map((name) => [name, at] as const)));
  for (const folder of level.keys()) {
    for (const path of files(folder, ".ts")) {
      const file = `${folder}/${path}.ts`;
      const text = readFileSync(resolve(root, file), "utf8");
      for (const [, to] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
        const target = relative(root, resolve(root, dirname(file), to!)).replaceAll("\\", "/");
        const other = [...level.keys()].find((name) => target.startsWith(`${name}/`));
        if (other === undefined || other === folder) continue;
        const allowed =
          only[folder]?.includes(other) ??
          (level.get(other)! < level.get(folder)! || besides[folder]?.includes(other) === true);
        expect(allowed, `${file} imports ${target}`).toBe(true);
      }
    }
  }
});
