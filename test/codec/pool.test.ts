import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { Pool } from "../../src/codec/pool.ts";
import { type LoadOptions, load, type Thinwire } from "../../src/codec/thinwire.ts";
import { compressors } from "../../src/compressors/index.ts";

const D = 5 * 65536 + 17;
const one = await load();
const pools = await Promise.all([load({ threads: 2 }), load({ threads: 3 })]);
afterAll(() => {
  for (const tw of pools) tw.close();
});

/** Neither symmetric nor of one scale, with ties and zeros. */
function vector(dim: number, dtype: "f32" | "f64"): Float32Array | Float64Array {
  const x = dtype === "f32" ? new Float32Array(dim) : new Float64Array(dim);
  let s = 7;
  for (let i = 0; i < dim; ++i) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    const u = s / 2 ** 32;
    x[i] = i % 11 === 0 ? 0 : i % 13 === 0 ? -0.75 : (u - 0.4) * (1 + 30 * u ** 20);
  }
  return x;
}

const specs = [
  "sign",
  "raw-sign",
  "stochastic-sign",
  "random-dithering:s=7",
  "random-dithering:s=1,norm=1",
  "random-dithering:s=100,coding=fixed",
  "ternary",
  "natural",
  "natural-dithering:s=7",
  "exponential-dithering",
  "top-k:ratio=0.01",
  "top-k:ratio=0.6",
  "top-lek:k=3000",
  "rand-k:ratio=0.01",
  "integer:alpha=1000,bits=16",
  "cast:to=fp16,rounding=stochastic",
  "block-8bit:rounding=stochastic",
  "rounding",
  "wangni:variance=1",
  "qsparse:ratio=0.5,s=4",
  "induced:biased=(top-k:ratio=0.01),unbiased=(natural)",
];

test.each(["f32", "f64"] as const)("two and three threads write and read what one does (%s)", (dtype) => {
  const x = vector(D, dtype) as Float32Array;
  for (const spec of specs) {
    const make = (tw: Thinwire) => tw.codec(spec, D, { seed: 5n, dtype: dtype as "f32" });
    const codec = make(one);
    const messages = [codec.encode(x), codec.encode(x)];
    const sum = x.slice();
    codec.addTo(messages[0]!, 0.3, sum);
    for (const tw of pools) {
      const other = make(tw);
      for (const [i, message] of messages.entries()) {
        if (Buffer.compare(other.encode(x), message) !== 0) expect.fail(`${spec}, ${tw.threads} threads: message ${i}`);
      }
      const own = x.slice();
      other.addTo(messages[0]!, 0.3, own);
      if (Buffer.compare(new Uint8Array(own.buffer), new Uint8Array(sum.buffer)) !== 0) {
        expect.fail(`${spec}, ${tw.threads} threads: addTo`);
      }
    }
  }
});

test("every length around blocks and parts, two codecs in turn", () => {
  for (const dim of [2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1, 3 * 2 ** 17 - 1, 3 * 2 ** 17 + 4]) {
    const x = vector(dim, "f32") as Float32Array;
    const pairs = ["natural", "random-dithering:s=7,coding=fixed"].map((spec) =>
      [one, ...pools].map((tw) => tw.codec(spec, dim, { seed: 3n })),
    );
    for (let round = 0; round < 3; ++round) {
      for (const [codec, ...others] of pairs) {
        const message = codec!.encode(x);
        for (const other of others) expect(Buffer.compare(other.encode(x), message)).toBe(0);
      }
    }
  }
});

test("adversarial selections: all equal, zeros, a heavy tail behind the sample", () => {
  const families: Record<string, (i: number) => number> = {
    equal: () => 0.5,
    zeros: (i) => (i % 1000 === 3 ? 1 : 0),
    ascending: (i) => i,
    "one outlier": (i) => (i === D - 2 ? 1e30 : 1e-30 * (i % 7)),
  };
  for (const [name, entry] of Object.entries(families)) {
    const x = Float32Array.from({ length: D }, (_, i) => entry(i));
    const message = one.codec("top-k:ratio=0.01", D).encode(x);
    for (const tw of pools) {
      expect(Buffer.compare(tw.codec("top-k:ratio=0.01", D).encode(x), message), name).toBe(0);
    }
  }
});

test("an error names the first non-finite entry of all, and nothing has changed", () => {
  for (const spec of ["sign", "natural", "random-dithering", "top-k:ratio=0.01"]) {
    for (const tw of [one, ...pools]) {
      const codec = tw.codec(spec, D);
      const x = vector(D, "f32") as Float32Array;
      const good = x.slice();
      for (const at of [D - 1, 2 * 65536 + 5, 70000]) {
        x[at] = at % 2 ? Number.NaN : Number.NEGATIVE_INFINITY;
        expect(() => codec.encode(x), spec).toThrow(new RegExp(`\\b${at}\\b`));
      }
      expect(Buffer.compare(codec.encode(good), one.codec(spec, D).encode(good))).toBe(0);
    }
  }
});

test("other threads take their share, of 10^7 entries", async () => {
  const dim = 10 ** 7;
  const pool = await Pool.start(3);
  const tw = new (one.constructor as typeof Thinwire)("wasm", () => pool.kernels(), compressors, pool);
  const codec = tw.codec("natural", dim);
  const single = one.codec("natural", dim);
  codec.input.set(vector(dim, "f32"));
  single.input.set(codec.input);
  for (let i = 0; pool.shared === 0 && i < 200; ++i) {
    codec.seek(0);
    codec.encode(codec.input);
  }
  expect(pool.shared).toBeGreaterThan(0);
  codec.seek(0);
  expect(Buffer.compare(codec.encode(codec.input), single.encode(single.input))).toBe(0);
  tw.close();
  tw.close();
  const before = pool.shared;
  codec.seek(0);
  single.seek(0);
  expect(Buffer.compare(codec.encode(codec.input), single.encode(single.input))).toBe(0);
  expect(pool.shared).toBe(before);
  const late = tw.codec("sign", D);
  expect(late.encode(late.input).length).toBeGreaterThan(0);
});

test("options are checked", async () => {
  for (const threads of [0, 33, 1.5, "2" as unknown as number]) {
    await expect(load({ threads })).rejects.toThrow(/load: threads must be an integer in 1\.\.32/);
  }
  await expect(load({ threads: 2, backend: "reference" } as LoadOptions)).rejects.toThrow(/WebAssembly SIMD/);
  expect((await load({ threads: 1 })).threads).toBe(1);
  expect(pools.map((tw) => tw.threads)).toEqual([2, 3]);
});

const dist = resolve(import.meta.dirname, "../../dist/index.js");
test.runIf(existsSync(dist)).each(["tw.close();", ""])("a built pool works and keeps no process alive: %s", (end) => {
  const text = `
    const { load } = await import(${JSON.stringify(pathToFileURL(dist).href)});
    const tw = await load({ threads: 3 });
    const [a, b] = [tw, await load()].map((t) => t.codec("natural", ${D}));
    a.input.fill(0.7); b.input.fill(0.7);
    console.log(Buffer.compare(a.encode(a.input), b.encode(b.input)));
    ${end}`;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", text], { timeout: 30_000 });
  expect(status).toBe(0);
  expect(stdout.toString().trim()).toBe("0");
});
