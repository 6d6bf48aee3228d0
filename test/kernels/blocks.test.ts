/** Streams and sums of long vectors: block by block, in any order, in parts. */
import { expect, test } from "vitest";
import type { Dtype, Kernels, TypedKernels } from "../../bindings/kernels.ts";
import { BLOCK_ELEMENTS, RNG_BYTES, RNG_FIRST, typed } from "../../bindings/kernels.ts";
import { BASE, bytes, bytesOf, dtypes, lcg, pair, vec } from "./harness.ts";

const N = 3 * BLOCK_ELEMENTS + 21; // two blocks in step, one alone, a short one
const p = pair(8 << 20);
const RNG = BASE;
const TABLE = BASE + 1024;
const X = BASE + 8192;
const OUT = X + 8 * N + 64;

interface Encoder {
  /** Bytes of output of one block, and where that of block b begins within the n elements' output. */
  planes: (n: number) => readonly (readonly [at: number, bitsPerElement: number])[];
  run: (k: TypedKernels, n: number, x: number, rng: number, out: number) => unknown;
}

const whole = (bits: number) => () => [[0, bits]] as const;
const encoders = (dtype: Dtype): Record<string, Encoder> => ({
  ...Object.fromEntries(
    [1, 3, 7, 100].map((s) => [
      `ditherCodes s=${s}`,
      { planes: whole(16), run: (k, n, x, rng, out) => k.ditherCodes(n, s / 5, s, x, rng, out) } satisfies Encoder,
    ]),
  ),
  naturalEncode: {
    planes: (n) => (dtype === "f32" ? [[0, 1], [Math.ceil(n / 8), 8]] : [[0, 8], [n, 4]]), // biome-ignore format: pairs
    run: (k, n, x, rng, out) => k.naturalEncode(n, x, rng, out),
  },
  naturalDitherCodes: { planes: whole(16), run: (k, n, x, rng, out) => k.naturalDitherCodes(n, 0.2, 7, x, rng, out) },
  stochasticSignEncode: { planes: whole(1), run: (k, n, x, rng, out) => k.stochasticSignEncode(n, x, 5, rng, out) },
  gridCodes: { planes: whole(16), run: (k, n, x, rng, out) => k.gridCodes(n, 1, 3, TABLE, x, rng, out) },
  bookDither: { planes: whole(8), run: (k, n, x, rng, out) => k.bookDither(n, 1, TABLE, x, rng, out) },
  castDither: { planes: whole(16), run: (k, n, x, rng, out) => k.castDither(n, 1, x, rng, out) },
  integerDither: { planes: whole(8), run: (k, n, x, rng, out) => k.integerDither(n, 9, -100, 100, 1, x, rng, out) },
});

/** Words and the count of used lanes; what an empty buffer holds is not specified. */
function state(k: Kernels): Uint8Array {
  const all = bytes(k, RNG_FIRST, RNG).slice();
  all.fill(0, 64, 80);
  return all;
}

function prepare(dtype: Dtype): void {
  const random = lcg(7);
  const values = Float64Array.from({ length: N }, () => (random() + random() + random() - 1.5) * 3);
  for (const k of [p.wasm, p.reference]) {
    bytes(k, 8192, BASE).fill(0);
    k.rngSeed(RNG, 1, 2, 3, 4, 5, 6);
    vec(k, dtype, N, X).set(values);
    const table = vec(k, "f64", 257, TABLE);
    table.fill(Infinity);
    for (let i = 0; i < 5; ++i) table[i] = i;
    bytes(k, 2 * N, OUT).fill(0);
  }
}

const cases = dtypes.flatMap((dtype) => Object.entries(encoders(dtype)).map(([name, e]) => [name, dtype, e] as const));

test.each(cases)(
  "%s (%s): backends agree, the state is what block 0 left, parts make the whole",
  (_, dtype, encoder) => {
    prepare(dtype);
    const k = typed(p.wasm, dtype);
    const before = bytes(p.wasm, RNG_BYTES, RNG).slice();
    const result = encoder.run(k, N, X, RNG, OUT);
    expect(encoder.run(typed(p.reference, dtype), N, X, RNG, OUT)).toBe(result);
    const out = bytes(p.wasm, 2 * N, OUT).slice();
    expect(Buffer.compare(out, bytes(p.reference, 2 * N, OUT))).toBe(0);
    const after = state(p.wasm);
    expect(state(p.reference)).toEqual(after);

    bytes(p.wasm, RNG_BYTES, RNG).set(before);
    encoder.run(k, BLOCK_ELEMENTS, X, RNG, OUT);
    expect(state(p.wasm)).toEqual(after);

    for (const b of [1, 2, 3]) {
      for (const kernels of [p.wasm, p.reference]) {
        bytes(kernels, RNG_BYTES, RNG).set(before);
        new DataView(kernels.memory.buffer).setUint32(RNG + RNG_FIRST, b, true);
        const from = b * BLOCK_ELEMENTS;
        encoder.run(typed(kernels, dtype), N - from, X + from * bytesOf(dtype), RNG, OUT);
        expect(bytes(kernels, RNG_FIRST, RNG)).toEqual(before.subarray(0, RNG_FIRST));
        const parts = encoder.planes(N - from);
        for (const [i, [at, bits]] of encoder.planes(N).entries()) {
          const start = at + (from * bits) / 8;
          const length = Math.ceil(((N - from) * bits) / 8);
          const part = bytes(kernels, length, OUT + parts[i]![0]);
          if (Buffer.compare(out.subarray(start, start + length), part) !== 0)
            expect.fail(`part from block ${b} differs`);
        }
      }
    }
  },
);

test.each(dtypes)("natural names the first non-finite entry, whatever the order of blocks (%s)", (dtype) => {
  for (const at of [5, BLOCK_ELEMENTS - 1, BLOCK_ELEMENTS + 3, 2 * BLOCK_ELEMENTS, N - 1]) {
    prepare(dtype);
    for (const k of [p.wasm, p.reference]) {
      vec(k, dtype, N, X)[N - 1] = Number.NaN;
      vec(k, dtype, N, X)[at] = Number.NEGATIVE_INFINITY;
      expect(typed(k, dtype).naturalEncode(N, X, RNG, OUT)).toBe(at);
    }
  }
});

test("draws of different blocks are independent", () => {
  const n = 64 * BLOCK_ELEMENTS;
  const big = pair(4 * n + 2 * n + 4096).wasm;
  big.rngSeed(RNG, 9, 0, 0, 0, 0, 0);
  vec(big, "f32", n, X).fill(0.5);
  typed(big, "f32").ditherCodes(n, 1, 1, X, RNG, X + 4 * n);
  const codes = new Uint16Array(big.memory.buffer, X + 4 * n, n);
  // ups of a block, and agreements of a block with the next and with block 0: binomial(2^16, 1/2), 6 deviations of 128
  const near = (count: number, label: string) => {
    if (Math.abs(count - BLOCK_ELEMENTS / 2) > 6 * 128) expect.fail(`${label}: ${count} of ${BLOCK_ELEMENTS}`);
  };
  for (let b = 0; b < 64; ++b) {
    let ups = 0;
    let next = 0;
    let first = 0;
    for (let i = 0; i < BLOCK_ELEMENTS; ++i) {
      const code = codes[b * BLOCK_ELEMENTS + i]!;
      ups += code >> 1;
      next += code === codes[((b + 1) % 64) * BLOCK_ELEMENTS + i] ? 1 : 0;
      first += code === codes[i] ? 1 : 0;
    }
    near(ups, `ups in block ${b}`);
    near(next, `block ${b} and the next`);
    if (b > 0) near(first, `block ${b} and block 0`);
  }
});

test.each(dtypes)("sums of long vectors agree, and are sums of their chunks' totals (%s)", (dtype) => {
  prepare(dtype);
  const [w, r] = [typed(p.wasm, dtype), typed(p.reference, dtype)];
  for (const n of [BLOCK_ELEMENTS, BLOCK_ELEMENTS + 1, 2 * BLOCK_ELEMENTS, N]) {
    const totals: Record<string, (k: TypedKernels, n: number, x: number) => number> = {
      sum: (k, m, x) => k.sum(m, x),
      dot: (k, m, x) => k.dot(m, x, x + bytesOf(dtype)),
      norm1: (k, m, x) => k.norm1(m, x),
      squares: (k, m, x) => k.squares(m, x),
      distance2: (k, m, x) => k.distance2(m, x, x + bytesOf(dtype)),
      signEncode: (k, m, x) => k.signEncode(m, x, OUT),
    };
    for (const [name, total] of Object.entries(totals)) {
      const got = total(w, n, X);
      expect(total(r, n, X), `${name} ${n}`).toBe(got);
      let sum = 0;
      for (let from = 0; from < n; from += BLOCK_ELEMENTS) {
        sum += total(w, Math.min(BLOCK_ELEMENTS, n - from), X + from * bytesOf(dtype));
      }
      expect(sum, `${name} ${n}`).toBe(got);
    }
    expect(r.norm2(n, X)).toBe(w.norm2(n, X));
    expect(w.norm2(n, X)).toBe(Math.sqrt(w.squares(n, X)));
  }
  // squares that under- and overflow
  for (const scale of dtype === "f32" ? [1e-30, 1e30] : [1e-200, 1e200]) {
    for (const k of [w, r]) k.scale(N, scale, X);
    expect(r.norm2(N, X)).toBe(w.norm2(N, X));
    for (const k of [w, r]) k.scale(N, 1 / scale, X);
  }
});
