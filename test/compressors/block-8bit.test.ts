import { expect, test } from "vitest";
import { block8Bit, codebook } from "../../src/compressors/block-8bit.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";

type Kind = "dynamic" | "linear";

/** What one entry adds to the squared error of its block, y being divided by the largest magnitude. */
function errorOf(book: number[], y: number, stochastic: boolean): number {
  const j = Math.max(
    0,
    book.findLastIndex((v) => v <= y),
  );
  const lo = book[j]!;
  const hi = book[j + 1] ?? lo;
  return stochastic ? (hi - y) * (y - lo) : Math.min(Math.abs(y - lo), Math.abs(hi - y)) ** 2;
}

const ratio = (kind: Kind, block: number, stochastic: boolean) => {
  const book = codebook(kind);
  return (x: Float64Array): number => {
    let off = 0;
    for (let from = 0; from < x.length; from += block) {
      const part = x.slice(from, from + block);
      const scale = Math.max(...part.map(Math.abs)) / (stochastic ? -book[0]! : 1);
      if (scale > 0) off += part.reduce((sum, v) => sum + scale * scale * errorOf(book, v / scale, stochastic), 0);
    }
    return off / x.reduce((sum, v) => sum + v * v, 0);
  };
};

/** One entry of largest magnitude, the rest at the place found by trying all. */
const extreme = (kind: Kind, block: number, stochastic: boolean) => (d: number) => {
  const book = codebook(kind);
  const n = Math.min(block, d);
  const first = stochastic ? -book[0]! : -1;
  let best: number[] = [];
  let most = -1;
  for (let j = 0; j + 1 < book.length; ++j) {
    for (let t = 0; t <= 200; ++t) {
      const y = book[j]! + ((stochastic ? t : 100) / 200) * (book[j + 1]! - book[j]!);
      const error = errorOf(book, first, stochastic) + (n - 1) * errorOf(book, y, stochastic);
      const value = error / (first * first + (n - 1) * y * y);
      if (value > most && Math.abs(y) < 0.9) [most, best] = [value, [first, ...Array(n - 1).fill(y)]];
    }
  }
  return Array.from({ length: d }, (_, i) => (i < n ? best[i]! : 0));
};

for (const book of ["dynamic", "linear"] as const) {
  for (const [block, rounding] of [
    [2048, "nearest"],
    [7, "nearest"],
    [16, "stochastic"],
  ] as const) {
    const stochastic = rounding === "stochastic";
    testCompressor(
      block8Bit,
      { book, block, rounding },
      {
        ...(stochastic ? {} : { deterministic: true as const }),
        bytes: (d, size) => d + Math.ceil(d / block) * size,
        ratio: ratio(book, block, stochastic),
        extreme: extreme(book, block, stochastic),
        samples: 20000,
      },
    );
  }
}

test("codebooks: 256 and 255 numbers, ascending; 1 is exact, -1 within 0.71 percent in the dynamic one", () => {
  for (const kind of ["dynamic", "linear"] as const) {
    const book = codebook(kind);
    expect(book.length).toBe(kind === "dynamic" ? 256 : 255);
    for (let j = 1; j < book.length; ++j) expect(book[j]!).toBeGreaterThan(book[j - 1]!);
    expect(book.at(-1)).toBe(1);
  }
  expect(codebook("dynamic")[0]).toBeCloseTo(-0.99296875, 14);
});

test("blocks do not see one another; the constant of B = 2048", () => {
  const bench = new Bench("wasm", "f32", 5, "block-8bit:block=2,book=linear");
  expect([...bench.decode(bench.encode([1e20, 1e20, 1e-20, 0, -3], 1))]).toEqual(
    [1e20, 1e20, 1e-20, 0, -3].map(Math.fround),
  );
  const delta = (spec: string) => new Bench("wasm", "f32", 4096, spec).compressor.delta!;
  expect(delta("block-8bit")).toBeGreaterThan(0.995);
  expect(delta("block-8bit:book=linear")).toBeGreaterThan(0.95);
});
