import { expect, test } from "vitest";
import { examplesOf } from "../../src/compressors/examples.ts";
import { compressors } from "../../src/compressors/index.ts";
import kept from "../../src/verify/bits.json" with { type: "json" };
import { bitsOf, LIST_DIM, measureBits } from "../../src/verify/bits.ts";

const factories = Object.values(compressors);

test("bits.json has every compressor, with its first example", () => {
  expect(Object.entries(kept).map(([name, { spec }]) => [name, spec])).toEqual(
    factories.map((factory) => [factory.name, examplesOf(factory, LIST_DIM)[0]]),
  );
});

test("its figures are those of real payloads: node scripts/compressors.mjs", () => {
  for (const factory of factories) {
    expect((kept as Record<string, unknown>)[factory.name], factory.name).toEqual(measureBits(factory, LIST_DIM));
  }
});

test("a compressor that is not in it is measured", () => {
  const stranger = { ...compressors["sign"]!, name: "stranger", examples: () => ["sign"] };
  expect(bitsOf(stranger)).toEqual(measureBits(compressors["sign"]!, LIST_DIM));
});
