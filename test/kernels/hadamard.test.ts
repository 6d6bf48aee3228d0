import { expect, test } from "vitest";
import { typed } from "../../bindings/kernels.ts";
import { BASE, both, bytes, bytesOf, dtypes, inputs, lcg, pair, vec } from "./harness.ts";

const p = pair(1 << 21);
const X = BASE + 64;
const ACC = X + (1 << 20);

test.each(dtypes)("hadamard, flip and clipAdd agree between backends (%s)", (dtype) => {
  const size = bytesOf(dtype);
  const random = lcg(3);
  for (const family of ["normal", "heavy", "sparse", "huge", "subnormal"]) {
    for (let n = 1; n <= 65536; n *= 2) {
      const values = inputs[family]!(n, random).map((v) => v / 1e6);
      for (const k of [p.wasm, p.reference]) {
        bytes(k, n * size + 64, X).fill(0xa5);
        vec(k, dtype, n, X).set(values);
        vec(k, dtype, n, ACC).fill(0.25);
      }
      const [a, b] = both(p, dtype);
      for (const k of [a, b]) {
        k.hadamard(n, X);
        k.flip(n, ACC + 3, X);
        k.clipAdd(n - (n > 4 ? 3 : 0), Math.abs(values[0]!) || 1, X, ACC);
      }
      const same = (at: number): boolean =>
        Buffer.from(bytes(p.wasm, n * size + 64, at)).equals(Buffer.from(bytes(p.reference, n * size + 64, at)));
      expect(same(X), `${family} n=${n}`).toBe(true);
      expect(same(ACC), `${family} n=${n} sums`).toBe(true);
    }
  }
});

test.each(dtypes)("H e_j is the sign of the parity of i and j; H H = n (%s)", (dtype) => {
  const k = typed(p.wasm, dtype);
  for (const [n, j] of [
    [2, 1],
    [8, 5],
    [64, 44],
    [8192, 4321],
  ] as const) {
    const v = vec(p.wasm, dtype, n, X).fill(0);
    v[j] = 1;
    k.hadamard(n, X);
    const parity = (bits: number): number => {
      let ones = 0;
      for (let rest = bits; rest; rest &= rest - 1) ++ones;
      return ones % 2 ? -1 : 1;
    };
    expect([...v]).toEqual(Array.from({ length: n }, (_, i) => parity(i & j)));
    k.hadamard(n, X);
    expect([...v]).toEqual(Array.from({ length: n }, (_, i) => (i === j ? n : 0)));
  }
});
