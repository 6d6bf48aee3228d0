import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { at, thinwire } from "./support.ts";

test("verify: measured against stated, one compressor and all", () => {
  const one = thinwire(["verify", "top-k:ratio=0.1", "--samples", "500"]);
  expect(one).toMatchObject({ code: 0, err: "" });
  expect(one.out).toContain("top-k:k=6, d = 64");
  expect(one.out).toMatch(/1 - delta.*<= 0\.9063 +0\.9063 +flat +holds/);
  expect(one.out).toContain("no violation");
  const all = thinwire(["verify", "--all", "--dim", "20", "--samples", "200"]);
  expect(all).toMatchObject({ code: 0, err: "" });
  expect(all.out).toMatch(/\d+ compressors, no violation\n$/);
  const json = JSON.parse(thinwire(["verify", "sign", "--json"]).out) as { holds: boolean; checks: unknown[] };
  expect(json.holds).toBe(true);
  expect(json.checks.length).toBeGreaterThan(5);
});

test("verify: bad usage", () => {
  expect(thinwire(["verify"])).toMatchObject({ code: 2, err: "thinwire verify: give a spec, or --all\n" });
  expect(thinwire(["verify", "sing"]).code).toBe(2);
  expect(thinwire(["verify", "sign", "--dim", "1"])).toMatchObject({ code: 2 });
});

test("plot frontier", () => {
  const drawn = thinwire(["plot", "frontier", "--dim", "256", "-o", at("f.svg")]);
  expect(drawn).toMatchObject({ code: 0, err: "" });
  expect(existsSync(at("f.svg"))).toBe(true);
  expect(readFileSync(at("f.svg"), "utf8")).toMatch(/^<svg [\s\S]*stochastic-sign[\s\S]*<\/svg>\n$/);
  expect(thinwire(["plot", "frontier", "-o", at("f.svg")]).code).not.toBe(0);
  expect(thinwire(["plot", "border"])).toMatchObject({ code: 2 });
});

test("list compressors shows bits measured at d = 10^6", () => {
  const { out } = thinwire(["list", "compressors", "--json"]);
  const items = JSON.parse(out) as { name: string; bits: { spec: string; bits: number } }[];
  expect(items.find(({ name }) => name === "natural")!.bits).toEqual({ spec: "natural", bits: 9 });
  expect(items.find(({ name }) => name === "sign")!.bits.bits).toBeCloseTo(1, 4);
});
