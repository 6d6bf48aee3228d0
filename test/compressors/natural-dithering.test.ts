import { expect, test } from "vitest";
import { naturalDithering } from "../../src/compressors/natural-dithering.ts";
import { Bench } from "./bench.ts";
import { testCompressor } from "./conformance.ts";
import { ditheringRatio, flat, naturalDitheringRatio } from "./ratios.ts";

testCompressor(naturalDithering, {}, { ratio: naturalDitheringRatio(8, "2"), samples: 20000 });
testCompressor(naturalDithering, { s: 1 }, { ratio: ditheringRatio(1, "2"), extreme: flat });
testCompressor(
  naturalDithering,
  { s: 3, norm: "max", coding: "fixed" },
  {
    bytes: (d, size) => 1 + size + Math.ceil((d * 3) / 8),
    ratio: naturalDitheringRatio(3, "max"),
    samples: 20000,
  },
);
testCompressor(
  naturalDithering,
  { s: 30, norm: "max", coding: "elias" },
  { ratio: naturalDitheringRatio(30, "max"), samples: 20000 },
);
testCompressor(
  naturalDithering,
  { s: 64, coding: "fixed" },
  {
    bytes: (d, size) => 1 + size + Math.ceil((d * 8) / 8),
    ratio: naturalDitheringRatio(64, "2"),
    samples: 20000,
  },
);

test("options out of range", () => {
  for (const s of [0, 65]) {
    expect(() => new Bench("wasm", "f32", 4, `natural-dithering:s=${s}`)).toThrow(
      `natural-dithering: s must be an integer in 1..64, got ${s}`,
    );
  }
});
