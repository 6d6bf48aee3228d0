/** The suite's own test: an implementation whose scale is 2 % off must not pass the moments. */
import { expect, test } from "vitest";
import type { Compressor } from "../../src/core/contracts.ts";
import { Bench } from "./bench.ts";
import { checkMoments, type MomentOptions } from "./moments.ts";
import { ditheringRatio, flat, naturalDitheringRatio } from "./ratios.ts";

const wrongScale = (c: Compressor): Compressor => ({
  ...c,
  addTo: (payload, scale, acc) => c.addTo(payload, scale * 1.02, acc),
});

const cases: Record<string, MomentOptions> = {
  identity: { samples: 1, ratio: () => 0 },
  "bernoulli:p=0.3": { samples: 6000, gain: () => 1 / 0.3 },
  "bernoulli:p=0.25,scaled=no": { samples: 6000, gain: () => 1 },
  "rand-k:k=5": { samples: 6000, ratio: () => 3 },
  "biased-rand-k:k=5": { samples: 6000, gain: () => 1 },
  "top-k:k=2": { samples: 1, ratio: () => 0.9, extreme: flat },
  sign: { samples: 1, extreme: (d) => flat(d).map((_, i) => (i ? 0 : 1)), ratio: () => 0.95 },
  "stochastic-sign": { samples: 6000, ratio: () => 19 },
  "random-dithering": { samples: 6000, ratio: ditheringRatio(7, "2") },
  ternary: { samples: 6000, ratio: ditheringRatio(1, "max") },
  natural: { samples: 20000 },
  "exponential-dithering:beta=1.5,s=9": { samples: 20000 },
  "random-dithering:norm=3": { samples: 6000, ratio: ditheringRatio(7, "3") },
  rounding: { samples: 20000 },
  "cast:rounding=stochastic": { samples: 6000, jump: 2 ** -7 },
  cast: { samples: 1 },
  "integer:alpha=1000,bits=16": { samples: 6000 },
  "kashin:s=20": { samples: 20000 },
  "natural-dithering": { samples: 20000, ratio: naturalDitheringRatio(8, "2") },
  "induced:biased=(top-k:k=5),unbiased=(rand-k:k=10)": { samples: 6000 },
};

test.each(Object.keys(cases))("%s: a scale off by 2 percent is found", (spec) => {
  for (const dtype of ["f32", "f64"] as const) {
    const bench = new Bench("wasm", dtype, 20, spec, wrongScale);
    expect(() => checkMoments(dtype, bench, cases[spec]!)).toThrow(/expected|above/);
  }
});

test("an addTo that adds before it refuses is found", () => {
  const hasty = (c: Compressor): Compressor => ({
    ...c,
    addTo(payload, scale, acc) {
      acc.view[0]! += 1;
      c.addTo(payload, scale, acc);
    },
  });
  const bench = new Bench("wasm", "f32", 9, "sign", hasty);
  const start = flat(9);
  const payload = bench.encode(start, 1);
  expect(() => bench.verdict(payload.slice(1), start)).toThrow("addTo changed acc before it refused the payload");
});

test("a store past the end of acc is found", () => {
  const wide = (c: Compressor): Compressor => ({
    ...c,
    addTo(payload, scale, acc) {
      c.addTo(payload, scale, acc);
      payload.arena.u8[acc.ptr + 36] = 0;
    },
  });
  const bench = new Bench("wasm", "f32", 9, "sign", wide);
  const payload = bench.encode(flat(9), 1);
  expect(() => bench.decode(payload)).toThrow("addTo wrote outside its ranges");
});
