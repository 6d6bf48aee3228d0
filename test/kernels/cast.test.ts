import { expect, test } from "vitest";
import { typed } from "../../bindings/kernels.ts";
import { BASE, dtypes, pair, vec } from "./harness.ts";
import { ACC, agree, OUT, prepare, RNG, sweep } from "./quantize.ts";

const p = pair();
const NAMES = ["bf16", "fp16"];
const codesOf = (n: number): number[] => [...new Uint16Array(p.wasm.memory.buffer, OUT, n)];

test.each(dtypes)("casts and integers agree between backends (%s)", (dtype) => {
  sweep(p, dtype, (x, n, label) => {
    const packed = OUT + (n % 7);
    for (const half of [0, 1]) {
      agree(p, dtype, `${NAMES[half]} ${label}`, (k) => k.castNearest(n, half, x, packed));
      agree(p, dtype, `${NAMES[half]} add ${label}`, (k) => k.castAdd(n, half, 1 / 3, packed, ACC));
      agree(p, dtype, `${NAMES[half]} drawn ${label}`, (k) => k.castDither(n, half, x, RNG, packed));
      expect(p.wasm.castValid(n, half, packed)).toBe(1);
    }
    const bytes = [1, 2, 4][n % 3]!;
    const top = 2 ** (8 * bytes - 1) - 1;
    const alpha = [0.5, 3.7, 1e30][(n >> 1) % 3]!;
    agree(p, dtype, `integer ${label}`, (k) => k.integerNearest(n, alpha, -top, top, bytes, x, packed));
    agree(p, dtype, `integer add ${label}`, (k) => k.integerAdd(n, 1 / 3, bytes, packed, ACC));
    agree(p, dtype, `integer drawn ${label}`, (k) => k.integerDither(n, alpha, -top, top, bytes, x, RNG, packed));
    expect(p.wasm.integerValid(n, -top, top, bytes, packed)).toBe(1);
  });
});

test.each(dtypes)("every code is read and written as itself, in blocks and in tails (%s)", (dtype) => {
  const at = BASE + 65536;
  const k = typed(p.wasm, dtype);
  p.wasm.grow(at + 65536 * 12);
  for (const half of [0, 1]) {
    const last = half ? 0x7bff : 0x7f7f;
    const all = Array.from({ length: 65536 }, (_, c) => c).filter((c) => (c & 0x7fff) <= last && c !== 0x8000);
    for (const n of [all.length, all.length - 5]) {
      new Uint16Array(p.wasm.memory.buffer, at, n).set(all.slice(0, n));
      const v = vec(p.wasm, dtype, n, at + 131072);
      v.fill(0);
      k.castAdd(n, half, 1, at, at + 131072);
      expect(v.every(Number.isFinite)).toBe(true);
      new Uint16Array(p.wasm.memory.buffer, at, n).fill(0);
      k.castNearest(n, half, at + 131072, at);
      expect([...new Uint16Array(p.wasm.memory.buffer, at, n)]).toEqual(all.slice(0, n));
      k.castDither(n, half, at + 131072, RNG, at);
      expect([...new Uint16Array(p.wasm.memory.buffer, at, n)]).toEqual(all.slice(0, n));
    }
  }
});

test.each(dtypes)("ties to even, saturation, subnormals, zeros without sign (%s)", (dtype) => {
  const k = typed(p.wasm, dtype);
  const halves = [
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    -65519,
    65520,
    1e30,
    -0,
    2 ** -25,
    3 * 2 ** -25,
    -(2 ** -24),
    2 ** -14,
  ];
  const x = prepare(p, dtype, halves, 0, 1);
  k.castNearest(halves.length, 1, x, OUT);
  expect(codesOf(10)).toEqual([0x3c00, 0x3c02, 0xfbff, 0x7bff, 0x7bff, 0, 0, 2, 0x8001, 0x0400]);
  const brains = [1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38, -0, 2 ** -134, 3 * 2 ** -134, -1];
  prepare(p, dtype, brains, 0, 1);
  k.castNearest(brains.length, 0, x, OUT);
  expect(codesOf(7)).toEqual([0x3f80, 0x3f82, 0x7f7f, 0, 0, 2, 0xbf80]);
});

test("codes that are not finite, negative zeros and integers out of range are found", () => {
  const u16 = new Uint16Array(p.wasm.memory.buffer, OUT, 1);
  for (const [half, code, valid] of [
    [1, 0x7bff, 1],
    [1, 0x7c00, 0],
    [1, 0xfc01, 0],
    [1, 0x8000, 0],
    [1, 0x8001, 1],
    [0, 0x7f7f, 1],
    [0, 0xff80, 0],
  ] as const) {
    u16[0] = code;
    expect(p.wasm.castValid(1, half, OUT)).toBe(valid);
  }
  u16[0] = 0x0080;
  expect(p.wasm.integerValid(1, -127, 127, 1, OUT)).toBe(0);
  expect(p.wasm.integerValid(1, -128, 127, 1, OUT)).toBe(1);
  expect(p.wasm.integerValid(1, -128, 127, 2, OUT)).toBe(0);
});
