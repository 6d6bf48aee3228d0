/** The benchmark runs and says what it should; no figure is asserted. */
import { describe, expect, it } from "vitest";
import { aggregate, spread } from "../../bench/aggregate.ts";
import type { ChildSettings, Measured } from "../../bench/case.ts";
import { renderReport } from "../../bench/format.ts";
import { distributions, input } from "../../bench/inputs.ts";
import { measureAll } from "../../bench/measure.ts";
import { type BenchSettings, bench, type Report } from "../../bench/run.ts";
import { cases } from "../../bench/suite.ts";
import { plainTargets, targets } from "../../bench/targets.ts";
import { thinwire } from "../cli/support.ts";

const settings: Omit<ChildSettings, "index"> = {
  suites: ["kernels", "codecs", "rounds"],
  size: 10,
  dtype: "f32",
  distribution: "normal",
  quick: true,
};
const about = { version: "0.0.0", folder: "/" };

function checkFigures(report: Report): void {
  expect(report.results.length).toBeGreaterThan(0);
  for (const { name, ns, overSum, suite, gbPerSecond } of report.results) {
    for (const value of [...Object.values(ns), ...(overSum ? [overSum] : [])]) {
      expect(value.min, name).toBeGreaterThan(0);
      expect(value.median).toBeGreaterThanOrEqual(value.min);
      expect(value.max).toBeGreaterThanOrEqual(value.median);
      expect(Number.isFinite(value.max)).toBe(true);
    }
    expect(ns.wasm).toBeDefined();
    if (suite !== "rounds") expect(overSum, name).toBeDefined();
    expect(gbPerSecond).toBeGreaterThan(0);
  }
}

describe("bench", () => {
  it("has a case for every target, and names only once", () => {
    const names = cases.map(({ suite, name }) => `${suite} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const name of [...Object.keys(targets), ...Object.keys(plainTargets)])
      expect(names).toContain(`codecs ${name}`);
  });

  it("builds every case for both types and all distributions", async () => {
    for (const dtype of ["f32", "f64"] as const) {
      for (const distribution of distributions) {
        for (const { build, name } of cases) {
          const built = await build({ n: 1024, dtype, distribution, slow: true });
          for (const work of Object.values(built.ways)) work.run();
          expect(built.bytes, name).toBeGreaterThan(0);
          expect(built.ways.wasm, name).toBeDefined();
        }
      }
    }
  });

  it("measures every case and prints a table", async () => {
    const report = await bench({ ...settings, processes: 1 } as BenchSettings, measureAll, about);
    expect(report.results.length).toBe(cases.length);
    checkFigures(JSON.parse(JSON.stringify(report)) as Report);
    const text = renderReport(report);
    for (const { name } of cases) expect(text).toContain(name);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("joins processes by name, whatever their order", () => {
    const one = (name: string, wasm: number): Measured => ({
      suite: "kernels",
      name,
      elements: 4,
      bytes: 16,
      ns: { sum: 1, wasm, plain: 8 },
      ratio: { sum: wasm, plain: 8 / wasm },
    });
    const [a, b] = aggregate([
      [one("a", 2), one("b", 4)],
      [one("b", 5), one("a", 3)],
      [one("a", 4), one("b", 6)],
    ]);
    expect(a!.ns.wasm).toEqual({ median: 3, min: 2, max: 4 });
    expect(b!.overSum).toEqual({ median: 5, min: 4, max: 6 });
    expect(a!.faster.plain!.median).toBeCloseTo(8 / 3);
    expect(a!.gbPerSecond).toBeCloseTo(4 / 3);
    expect(spread([4, 1])).toEqual({ median: 2.5, min: 1, max: 4 });
  });

  it("draws the distributions that it names", () => {
    const share = (of: ArrayLike<number>, test: (v: number) => boolean) =>
      Array.from(of).filter(test).length / of.length;
    expect(share(input("sparse", "f32", 10_000), (v) => v === 0)).toBeCloseTo(0.99, 2);
    expect(share(input("normal", "f64", 10_000), (v) => v < 0)).toBeCloseTo(0.5, 1);
    expect(share(input("heavy-tailed", "f64", 10_000), (v) => Math.abs(v) > 100)).toBeCloseTo(0.01, 2);
    expect(share(input("constant", "f32", 100), (v) => v === Math.fround(0.7))).toBe(1);
  });
});

describe("thinwire bench", () => {
  it("prints valid JSON from fresh processes", () => {
    const { code, out, err } = thinwire([
      "bench",
      "codecs",
      "--only",
      "sign",
      "--size",
      "10",
      "--processes",
      "2",
      "--quick",
      "--json",
    ]);
    expect(err).toBe("");
    expect(code).toBe(0);
    const report = JSON.parse(out) as Report;
    expect(report.settings).toMatchObject({ suites: ["codecs"], size: 10, processes: 2, quick: true, only: "sign" });
    expect(report.machine.node).toBe(process.versions.node);
    expect(report.results.map(({ name }) => name)).toEqual(["sign encode", "sign addTo"]);
    checkFigures(report);
  });

  it.each([
    [["bench", "codec"], "suite must be one of kernels, codecs, rounds, all"],
    [["bench", "--size", "9"], "--size must be an integer in 10..24"],
    [["bench", "--distribution", "cauchy"], "--distribution must be one of normal, heavy-tailed, sparse, constant"],
    [["bench", "--chlid", "x"], "unknown option"],
  ])("refuses %j", (args, message) => {
    const { code, err } = thinwire(args as string[]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it("does not show its inner option", () => {
    expect(thinwire(["bench", "--help"]).out).not.toContain("--child");
  });
});
