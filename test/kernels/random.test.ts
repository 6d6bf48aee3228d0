import { expect, test } from "vitest";
import { cosTurns, log } from "../../bindings/reference/math.ts";
import { BASE, bytes, lcg, pair } from "./harness.ts";

test("keys, words, bounded integers and uniforms agree between backends", () => {
  const { wasm, reference } = pair();
  for (const key of [
    [0, 0, 0, 0, 0, 0],
    [7, 1, 3, 99, 2, 65535],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 65535, 1],
  ]) {
    const [a, b, c, d, e, f] = key as [number, number, number, number, number, number];
    wasm.rngSeed(BASE, a, b, c, d, e, f);
    reference.rngSeed(BASE, a, b, c, d, e, f);
    for (let i = 0; i < 100; ++i) {
      expect(wasm.rngU32(BASE) >>> 0).toBe(reference.rngU32(BASE));
      expect(wasm.rngBelow(BASE, 1 + i * 40_000_000) >>> 0).toBe(reference.rngBelow(BASE, 1 + i * 40_000_000));
      expect(wasm.rngUniform(BASE)).toBe(reference.rngUniform(BASE));
    }
    expect(bytes(wasm, 84, BASE)).toEqual(bytes(reference, 84, BASE));
  }
});

test("normals agree between backends and have the moments of N(0,1)", () => {
  const { wasm, reference } = pair();
  const n = 100_000;
  const moments = [0, 0, 0, 0];
  let inside = 0;
  for (const k of [wasm, reference]) k.rngSeed(BASE, 11, 0, 5, 0, 0, 0);
  for (let i = 0; i < n; ++i) {
    const z = wasm.rngNormal(BASE);
    if (!Object.is(z, reference.rngNormal(BASE))) expect.fail(`draw ${i}: wasm ${z}`);
    for (let j = 0; j < 4; ++j) moments[j]! += z ** (j + 1) / n;
    if (Math.abs(z) < 1) ++inside;
  }
  expect(bytes(wasm, 84, BASE)).toEqual(bytes(reference, 84, BASE));
  // five standard deviations of each mean: Var z^j = E z^2j - (E z^j)^2 = 1, 2, 15, 96
  [0, 1, 0, 3].forEach((moment, j) => {
    expect(Math.abs(moments[j]! - moment)).toBeLessThan(5 * Math.sqrt([1, 2, 15, 96][j]! / n));
  });
  expect(Math.abs(inside / n - 0.6826894921)).toBeLessThan(5 * Math.sqrt(0.2166 / n));
});

test("numbers written to memory are those of as many calls", () => {
  const { wasm, reference } = pair();
  const names = { rngUniforms: "rngUniform", rngNormals: "rngNormal" } as const;
  for (const [many, one] of Object.entries(names) as ["rngUniforms", "rngUniform"][]) {
    for (const k of [wasm, reference]) {
      const out = new Float64Array(k.memory.buffer, BASE + 256, 38).fill(7);
      k.rngSeed(BASE, 5, 6, 7, 8, 9, 10);
      k[many](37, BASE, BASE + 256);
      const next = k.rngU32(BASE);
      expect(out[37]).toBe(7);
      k.rngSeed(BASE, 5, 6, 7, 8, 9, 10);
      expect(Array.from({ length: 37 }, () => k[one](BASE))).toEqual([...out.subarray(0, 37)]);
      expect(k.rngU32(BASE)).toBe(next);
    }
  }
});

/** Distance in units in the last place of b. */
function ulps(a: number, b: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(b))), -1022);
  return Math.abs(a - b) / 2 ** (exponent - 52);
}

test("log and cos are within their stated error (Math's own ulp added)", () => {
  const random = lcg(3);
  let worstLog = 0;
  let worstCos = 0;
  for (let i = 0; i < 50_000; ++i) {
    for (const x of [1 - random(), 1 - random() * 2 ** -30, 2 ** -(random() * 53), random() * 1e6 + 1e-3]) {
      if (x !== 1) worstLog = Math.max(worstLog, ulps(log(x), Math.log(x)));
    }
    // (pi/2) r of the reduced argument: Math.cos(2 pi u) itself would suffer from the rounding of 2 pi u
    const u = random();
    const q = Math.round(4 * u);
    const angle = (4 * u - q) * (Math.PI / 2);
    const want = [Math.cos(angle), -Math.sin(angle), -Math.cos(angle), Math.sin(angle), Math.cos(angle)][q]!;
    if (want !== 0) worstCos = Math.max(worstCos, ulps(cosTurns(u), want));
  }
  expect(worstLog).toBeLessThan(2.1);
  expect(worstCos).toBeLessThan(4);
  expect([0, 0.25, 0.5, 0.75].map(cosTurns)).toEqual([1, -0, -1, 0]);
  expect(log(1)).toBe(0);
  expect(log(2)).toBe(Math.LN2);
  expect(log(2 ** -53)).toBe(Math.log(2 ** -53));
});
