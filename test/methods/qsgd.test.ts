import { expect, test } from "vitest";
import type { Method } from "../../src/core/contracts.ts";
import { dcgd } from "../../src/methods/dcgd.ts";
import { qsgd } from "../../src/methods/qsgd.ts";
import { terngrad } from "../../src/methods/terngrad.ts";
import { slotSpecs } from "../../src/run/slots.ts";
import { testVariant } from "./variant.ts";

testVariant(qsgd, { base: dcgd as Method, slots: { gradient: "random-dithering:s=2" } });

test("qsgd: a run that names no compressor gets random dithering; terngrad gets ternary", () => {
  const run = { method: "", stop: { rounds: 1 } };
  for (const [method, spec] of [
    [qsgd, "random-dithering"],
    [terngrad, "ternary"],
  ] as const) {
    expect(slotSpecs(run, method as Method, 2)).toEqual([{ gradient: spec }, { gradient: spec }]);
    expect(slotSpecs({ ...run, compressor: "natural" }, method as Method, 1)).toEqual([{ gradient: "natural" }]);
    expect(() => slotSpecs({ ...run, compressor: "natural", compressors: ["sign"] }, method as Method, 1)).toThrow(
      /once/,
    );
  }
});
