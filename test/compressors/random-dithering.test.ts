import { expect, test } from "vitest";
import { randomDithering } from "../../src/compressors/random-dithering.ts";
import { inputs, lcg } from "../kernels/harness.ts";
import { Bench, sameValues } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { ditheringRatio, flat } from "./ratios.ts";

const widths = (width: number) => (d: number, size: number) => 1 + size + Math.ceil((d * width) / 8);

testCompressor(randomDithering, {}, { ratio: ditheringRatio(7, "2") });
testCompressor(randomDithering, { s: 1 }, { ratio: ditheringRatio(1, "2"), extreme: flat });
testCompressor(
  randomDithering,
  { s: 1, norm: "max", coding: "fixed" },
  {
    bytes: widths(2),
    ratio: ditheringRatio(1, "max"),
    extreme: (d) => Array.from({ length: d }, (_, i) => (i ? 1 / (1 + Math.sqrt(d)) : 1)),
  },
);
testCompressor(randomDithering, { s: 5, norm: "max", coding: "elias" }, { ratio: ditheringRatio(5, "max") });
testCompressor(randomDithering, { s: 32767, coding: "fixed" }, { bytes: widths(16) });

test("auto sends the shortest form, and never more than the fixed one", () => {
  const random = lcg(3);
  const seen = new Set<number>();
  for (const spec of ["s=1", "s=7", "s=7,norm=max", "s=100,norm=max", "s=3,norm=max", "s=6,norm=max"]) {
    for (const d of [10, 300, 5000]) {
      const x = inputs.normal!(d, random);
      const [auto, fixed, elias] = ["auto", "fixed", "elias"].map((coding) =>
        new Bench("wasm", "f32", d, `random-dithering:${spec},coding=${coding}`).encode(x, 1),
      );
      expect(auto!.length).toBe(Math.min(fixed!.length, elias!.length));
      seen.add(auto![0]!);
    }
  }
  expect([...seen].sort()).toEqual([0, 1, 2]);
});

test("norms near the smallest number draw the same levels", () => {
  for (const [dtype, power] of [
    ["f32", -115],
    ["f64", -1010],
  ] as const) {
    for (const spec of ["random-dithering:s=100,coding=fixed", "natural-dithering:s=9,norm=max,coding=fixed"]) {
      const bench = new Bench("wasm", dtype, 2100, spec);
      const x = Array.from({ length: 2100 }, (_, i) => (((i * 7919) % 512) - 256) / 256);
      const head = dtype === "f32" ? 5 : 9;
      const tiny = bench.encode(
        x.map((v) => v * 2 ** power),
        8,
      );
      expect(tiny.slice(head)).toEqual(bench.encode(x, 8).slice(head));
    }
  }
});

test("options out of range", () => {
  for (const s of [0, 32768]) {
    expect(() => new Bench("wasm", "f32", 4, `random-dithering:s=${s}`)).toThrow(
      `random-dithering: s must be an integer in 1..32767, got ${s}`,
    );
  }
});

test("code 1, a level of 0 with a minus, is read as zero: senders write 0, receivers need no pass to look for it", () => {
  for (const s of [7, 5]) {
    const bench = new Bench("wasm", "f32", 4, `random-dithering:s=${s},coding=fixed`);
    const payload = bench.encode([0, 0, 0, 1], 1);
    const minus = payload.slice();
    minus[5]! |= 1; // the first code
    for (const start of [0, -0, 2]) {
      const acc = Array.from({ length: 4 }, () => start);
      expect(sameValues(bench.decode(minus, 1, acc), bench.decode(payload, 1, acc))).toBe(true);
    }
    expect(payload[5]! & 1).toBe(0);
    expect(bench.encode([-0, -1e-30, 0, 1], 1)[5]! & 1).toBe(0);
  }
});
