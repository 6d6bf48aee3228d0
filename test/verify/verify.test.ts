import { describe, expect, test } from "vitest";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import { examplesOf } from "../../src/compressors/examples.ts";
import { compressors } from "../../src/compressors/index.ts";
import type { Compressor, Rng } from "../../src/core/contracts.ts";
import { Mean, standardErrors } from "../../src/verify/statistics.ts";
import { type VerifyOptions, verify } from "../../src/verify/verify.ts";

const all = Object.values(compressors).flatMap((factory) => examplesOf(factory, 40));
const few: VerifyOptions = { dim: 40, samples: 2000 };
/** What is said to be violated. */
const violated = (spec: string, wrap: VerifyOptions["wrap"], options = few): string[] =>
  verify(spec, { ...options, ...(wrap && { wrap }) })
    .checks.filter(({ holds }) => !holds)
    .map(({ constant }) => constant.split(":")[0]!);

describe("right compressors", () => {
  test.each(all)("%s: no violation", (spec) => {
    for (const seed of [1n, 2n, 3n]) expect(violated(spec, undefined, { ...few, seed })).toEqual([]);
  });

  test("every constant that is stated is checked", () => {
    const names = verify("rand-k:ratio=0.1", few).checks.map(({ constant }) => constant.split(":")[0]);
    expect(names).toEqual([
      "unbiased",
      "omega",
      "B1 alpha",
      "B1 beta = 10",
      "B2 beta = 10",
      "B2 gamma",
      "eta^2",
      "variance",
      "unbiased",
      "uncertainty principle",
    ]);
  });

  test("a constant that is reached is measured as it is", () => {
    const check = (spec: string, name: string) =>
      verify(spec, few).checks.find(({ constant }) => constant.startsWith(name))!;
    expect(check("rand-k:ratio=0.1", "omega")).toMatchObject({ stated: 9 });
    expect(Math.abs(check("rand-k:ratio=0.1", "omega").measured - 9)).toBeLessThan(1e-9);
    expect(check("ternary", "omega")).toMatchObject({ input: "worst case" });
    expect(check("ternary", "omega").measured / check("ternary", "omega").stated).toBeGreaterThan(0.9);
    expect(check("sign", "1 - delta").measured).toBeCloseTo(1 - 1 / 40, 12);
  });
});

const wrongScale = (c: Compressor): Compressor => ({
  ...c,
  addTo: (payload, scale, acc) => c.addTo(payload, scale * 1.02, acc),
});

describe("planted fault: a scale off by 2 percent", () => {
  // the bounds of other contractive ones may be so loose that the faulty compressor keeps them too
  const exact = (spec: string): boolean =>
    verify(spec, { ...few, samples: 2 }).checks.some(({ constant }) => /^(unbiased|definition)/.test(constant));
  const proven = all.filter((spec) => spec !== "zero" && exact(spec));
  test.each(proven)("%s: found", (spec) => {
    const few = { dim: 20, samples: 4000 };
    const text = spec.replace(/sizes=\d+\+\d+/, "sizes=15+5");
    const found = violated(text, wrongScale, few);
    if (found.length === 0) expect(violated(text, wrongScale, { dim: 20, samples: 100_000 })).not.toEqual([]);
  });
});

describe("planted fault: a random stream used twice", () => {
  /** Every message draws what the message before it drew: the generator is put back after it was used. */
  const putBack = (c: Compressor): Compressor => ({
    ...c,
    encode(x, rng, out) {
      const { u8 } = out.arena;
      const state = u8.slice(rng.ptr, rng.ptr + RNG_BYTES);
      const length = c.encode(x, rng, out);
      out.arena.u8.set(state, rng.ptr);
      return length;
    },
  });
  /** Every second message does. */
  const twice = (c: Compressor): Compressor => {
    let again = false;
    const other = putBack(c);
    return {
      ...c,
      encode(x, rng, out) {
        again = !again;
        return (again ? other : c).encode(x, rng, out);
      },
    };
  };
  const random = ["rand-k:ratio=0.1", "random-dithering", "natural", "stochastic-sign", "bernoulli:p=0.3"];
  test.each(random)("%s: messages alike", (spec) => {
    expect(violated(spec, putBack)).toContain("unbiased");
    expect(violated(spec, twice)).toContain("eta^2");
  });

  test("induced whose second part draws the stream of the first again", () => {
    // both parts begin at the same state, as if the composite had passed on a copy of the generator
    const sharing = (c: Compressor): Compressor => ({
      ...c,
      encode(x, rng, out) {
        const state = out.arena.u8.slice(rng.ptr, rng.ptr + RNG_BYTES);
        const shared = Object.create(rng) as Rng;
        Object.defineProperty(shared, "ptr", { get: () => rng.ptr });
        shared.u32 = () => {
          out.arena.u8.set(state, rng.ptr);
          return rng.u32();
        };
        const length = c.encode(x, shared, out);
        return length;
      },
    });
    const spec = "induced:biased=(biased-rand-k:ratio=0.5),unbiased=(rand-k:ratio=0.5)";
    expect(violated(spec, undefined)).toEqual([]);
    expect(violated(spec, sharing)).toContain("unbiased");
  });
});

describe("planted fault: a wrong tie rule", () => {
  /** Top-K of the reversed vector: of equal magnitudes the higher index is kept. */
  const reversed = (c: Compressor): Compressor => ({
    ...c,
    encode(x, rng, out) {
      x.view.reverse();
      const length = c.encode(x, rng, out);
      x.view.reverse();
      return length;
    },
    addTo(payload, scale, acc) {
      acc.view.reverse();
      c.addTo(payload, scale, acc);
      acc.view.reverse();
    },
  });
  test("all moments are right, the definition is not", () => {
    expect(violated("top-k:ratio=0.1", reversed)).toEqual(["definition"]);
  });
});

describe("definitions", () => {
  const defined = [
    "cast",
    "cast:to=fp16",
    "rounding:mode=biased",
    "rounding:beta=1.3,mode=biased",
    "block-8bit:block=16",
    "block-8bit:book=linear",
    "composed:outer=(sign),inner=(top-k:ratio=0.2)",
    "composed:outer=(cast),inner=(top-k:ratio=0.2)",
    "qsparse:mode=sign,ratio=0.2",
    "entropy:of=(sparse-dithering)",
    "block:size=7,of=(composed:outer=(rounding:mode=biased),inner=(top-k:ratio=0.5))",
  ];
  test.each(defined)("%s: held against its definition, which a wrong scale breaks", (spec) => {
    expect(verify(spec, few).checks.some(({ constant }) => constant.startsWith("definition"))).toBe(true);
    expect(violated(spec, undefined)).toEqual([]);
    expect(violated(spec, wrongScale)).toContain("definition");
  });
});

describe("statistics", () => {
  test("margins: normal tails and unseen events", () => {
    expect(standardErrors(1)).toBeCloseTo(Math.sqrt(2 * Math.log(2e6)), 12);
    const mean = new Mean();
    for (let i = 0; i < 100; ++i) mean.add(5);
    expect(mean.mean).toBe(5);
    expect(mean.margin(6)).toBe(0);
    expect(mean.margin(6, 1)).toBeCloseTo(0.25, 12);
    for (let i = 0; i < 100; ++i) mean.add(7);
    expect(mean.mean).toBe(6);
    expect(mean.margin(6)).toBeCloseTo(6 / Math.sqrt(200) + (25 * 2) / 200, 12);
  });

  test("options are checked", () => {
    expect(() => verify("sign", { dim: 1 })).toThrow("verify: dim must be an integer in 2..16777216, got 1");
    expect(() => verify("sign", { samples: 1 })).toThrow("verify: samples must be an integer");
  });
});
