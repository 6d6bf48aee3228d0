import { expect, test } from "vitest";
import { typed } from "../../bindings/kernels.ts";
import { BASE, dtypes, pair, vec } from "./harness.ts";
import { ACC, agree, OUT, RNG, sweep, within6 } from "./quantize.ts";

const p = pair();
const TABLE = BASE + 65536;
const BOUNDS = TABLE + 4096;
const most = (values: number[]): number => Math.max(...values.map(Math.abs), 0) || 1;

/** T_0 = 0, then powers of 1.7 up to 1, padded; 257 entries serve as a book too. */
function tables(depth: number): void {
  const size = 2 ** depth;
  const values = Array.from({ length: 257 }, (_, j) => (j === 0 ? 0 : j < size - 1 ? 1.7 ** (j - size + 2) : Infinity));
  for (const k of [p.wasm, p.reference]) {
    vec(k, "f64", 257, TABLE).set(values);
    vec(k, "f64", 255, BOUNDS).fill(Infinity);
    vec(k, "f64", size - 1, BOUNDS).set(
      Array.from({ length: size - 1 }, (_, j) =>
        values[j + 1]! < Infinity ? (values[j]! + values[j + 1]!) / 2 : Infinity,
      ),
    );
  }
}

/** Signed book: 256 entries around 0. */
function book(): void {
  const values = Array.from({ length: 257 }, (_, j) =>
    j === 256 ? Infinity : Math.sign(j - 127) * ((j - 127) / 127) ** 2,
  );
  for (const k of [p.wasm, p.reference]) {
    vec(k, "f64", 257, TABLE).set(values);
    vec(k, "f64", 255, BOUNDS).set(Array.from({ length: 255 }, (_, j) => (values[j]! + values[j + 1]!) / 2));
  }
}

test.each(dtypes)("grids agree between backends (%s)", (dtype) => {
  let depth = 1;
  sweep(p, dtype, (x, n, label, values) => {
    depth = (depth % 8) + 1;
    tables(depth);
    const codes = OUT + 2 * (n % 7);
    const c = [1 / most(values), 1.5 / most(values), Infinity][n % 3]!;
    agree(p, dtype, `gridCodes depth=${depth} ${label}`, (k) => k.gridCodes(n, c, depth, TABLE, x, RNG, codes));
    agree(p, dtype, `gridAdd ${label}`, (k) => k.gridAdd(n, 1 / 3, TABLE, codes, x));
    agree(p, dtype, `gridNearest ${label}`, (k) => k.gridNearest(n, c, depth, BOUNDS, x, codes));
    const order = Array.from({ length: n }, (_, i) => (i * 7 + 3) % Math.max(n, 1));
    for (const k of [p.wasm, p.reference]) new Uint32Array(k.memory.buffer, ACC, n).set(order);
    agree(p, dtype, `gridScatterAdd ${label}`, (k) => k.gridScatterAdd(n, -2 / 3, TABLE, codes, ACC, x));
  });
});

test.each(dtypes)("books agree between backends (%s)", (dtype) => {
  book();
  sweep(p, dtype, (x, n, label, values) => {
    const packed = OUT + (n % 7);
    const c = [1 / most(values), 1.5 / most(values)][n % 2]!;
    agree(p, dtype, `bookNearest ${label}`, (k) => k.bookNearest(n, c, BOUNDS, x, packed));
    agree(p, dtype, `bookAdd ${label}`, (k) => k.bookAdd(n, 1 / 3, TABLE, packed, x));
    agree(p, dtype, `bookDither ${label}`, (k) => k.bookDither(n, c, TABLE, x, RNG, packed));
  });
});

test.each(dtypes)("levels are unbiased; ties go down; the top stays (%s)", (dtype) => {
  const n = 40_000;
  const at = BASE + 131072;
  const k = typed(p.wasm, dtype);
  tables(3);
  const T = [...vec(p.wasm, "f64", 8, TABLE)];
  p.wasm.rngSeed(RNG, 5, 0, 0, 0, 0, 0);
  for (const y of [0.01, 0.2, 0.75]) {
    const v = vec(p.wasm, dtype, n, at).fill(-y);
    const low = T.findLastIndex((t) => t <= v[0]! * -1);
    k.gridCodes(n, 1, 3, TABLE, at, RNG, at + 8 * n);
    const codes = [...new Uint16Array(p.wasm.memory.buffer, at + 8 * n, n)];
    const mean = codes.reduce((sum, code) => sum + T[code >> 1]!, 0) / n;
    within6(mean, -v[0]!, (T[low + 1]! + v[0]!) * (-v[0]! - T[low]!), n, `mean at ${y}`);
  }
  const bounds = vec(p.wasm, "f64", 7, BOUNDS);
  bounds.set([0.125, 0.5, 1, 2, 4, 8, Infinity]);
  vec(p.wasm, dtype, 5, at).set([0.125, -0.5, 0.501, -0, 100]);
  expect(k.gridNearest(5, 1, 3, BOUNDS, at, OUT)).toBe(3);
  expect([...new Uint16Array(p.wasm.memory.buffer, OUT, 5)]).toEqual([0, 3, 4, 0, 12]);
  vec(p.wasm, dtype, 3, at).set([1, 5, 1e30]);
  k.gridCodes(3, 1, 3, TABLE, at, RNG, OUT);
  expect([...new Uint16Array(p.wasm.memory.buffer, OUT, 3)]).toEqual([12, 12, 12]);
});
