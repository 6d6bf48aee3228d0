import { expect, test } from "vitest";
import { byRun, outcome, stalls, thin } from "../../src/report/series.ts";
import { renderSummary, summaryTable, wantsColour } from "../../src/report/table.ts";
import { experiment, five, point } from "./support.ts";

test("bits to the target, savings, and why a run has not got there", () => {
  const { summary, trace } = five();
  const { columns, rows, best } = summaryTable(summary, trace);
  expect(columns.map(({ title }) => title)).toEqual([
    "run",
    "rounds",
    "uplink to 1e-12",
    "saving",
    "uplink",
    "best error",
    "time",
    "stopped by",
  ]);
  expect(rows.map((row) => row[2])).toEqual([
    "10.3 Mbit",
    "1.32 Mbit",
    "stalls at 3.0e-3",
    "stops at 2.4e-3",
    "diverges",
  ]);
  // 539 rounds of 19200 bits over 677 of 1952
  expect(rows.map((row) => row[3])).toEqual(["-", "7.83x", "-", "-", "-"]);
  expect(best).toBe(1);
});

test("the bits are those of the first recorded point at or below the target, not of the end", () => {
  const { summary } = experiment([{ label: "a", rate: 0.5, bits: 10, rounds: 20 }], 1e-3);
  const trace = [point(0, 0, 0, 1), point(0, 7, 70, 1e-3), point(0, 9, 90, 1e-4)];
  expect(outcome(summary.runs[0]!, trace, 1e-3)).toMatchObject({ kind: "reached", point: { uplinkBits: 70 } });
  // a target met between records counts when the run ends
  expect(outcome({ ...summary.runs[0]!, relativeError: 1e-9 }, trace.slice(0, 1), 1e-8)).toMatchObject({
    kind: "reached",
  });
});

test("without target or baseline those columns are left out", () => {
  const none = experiment([{ label: "a", rate: 0.9, bits: 1 }], null);
  expect(summaryTable(none.summary, none.trace).columns).toHaveLength(6);
  const noBaseline = experiment([{ label: "a", rate: 0.9, bits: 1 }], 1e-6);
  expect(summaryTable(noBaseline.summary, noBaseline.trace).columns).toHaveLength(7);
});

test("text fits 100 columns, is aligned, and has colours only when asked", () => {
  const { summary, trace } = five();
  summary.runs[1]!.label = `diana ${"very-".repeat(30)}long \u001b[31m`;
  const text = renderSummary(summary, trace);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  expect(text).not.toContain("\u001b");
  const lines = text.split("\n").slice(0, 7);
  const column = lines[0]!.indexOf("stopped by");
  expect(lines[2]!.slice(column)).toBe("target");
  expect(renderSummary(summary, trace, { colour: true })).toContain("\u001b[1m");
});

test("colour is for terminals that want it", () => {
  expect(wantsColour({ isTTY: true }, {})).toBe(true);
  expect(wantsColour({}, {})).toBe(false);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "" })).toBe(true); // empty means unset: no-color.org
  expect(wantsColour({ isTTY: true }, { TERM: "dumb" })).toBe(false);
});

test("stalling is seen through noise, and zeros or missing errors do not confuse it", () => {
  const points = (errors: readonly number[]) => errors.map((error, i) => point(0, i, i, error));
  const noise = Array.from({ length: 60 }, (_, i) => Math.max(0.7 ** i, 1e-3 * (1 + 0.5 * Math.sin(i * i))));
  expect(stalls(points(noise))).toBe(true);
  expect(stalls(points(noise.map((_, i) => 0.9 ** i)))).toBe(false);
  expect(stalls(points([1, 0.5, 0.5]))).toBe(false);
  expect(stalls(points(noise.map(() => Number.NaN)))).toBe(false);
});

test("a trace is sorted into its runs", () => {
  const lists = byRun([point(1, 2, 0, 1), point(0, 1, 0, 1), point(1, 1, 0, 1), point(7, 0, 0, 1)], 2);
  expect(lists.map((list) => list.map(({ round }) => round))).toEqual([[1], [1, 2]]);
});

test("thinning keeps ends, order and every extreme", () => {
  const points = Array.from({ length: 5000 }, (_, i) => ({
    x: i,
    y: Math.sin(i) + (i === 2345 ? 9 : 0) - (i === 77 ? 9 : 0),
  }));
  const kept = thin(points, 100);
  expect(kept.length).toBeLessThanOrEqual(400);
  expect(kept[0]).toBe(points[0]);
  expect(kept.at(-1)).toBe(points.at(-1));
  expect(kept).toContain(points[2345]);
  expect(kept).toContain(points[77]);
  expect(kept.every(({ x }, i) => i === 0 || x > kept[i - 1]!.x)).toBe(true);
  expect(thin([], 100)).toEqual([]);
});

test("the table compares by what compressors made where the figure's axis does", () => {
  const { summary, trace } = five();
  const halves = trace.map((point) => ({ ...point, uplinkCompressedBits: point.uplinkBits / 2 }));
  const all = summaryTable(summary, halves);
  const compressed = summaryTable(summary, halves, "uplinkCompressedBits");
  expect(compressed.columns.map(({ title }) => title)).toContain("compressed to 1e-12");
  const column = all.columns.findIndex(({ title }) => title === "uplink to 1e-12");
  expect(compressed.rows[0]![column]).not.toBe(all.rows[0]![column]);
  expect(renderSummary(summary, halves, { cost: "uplinkCompressedBits" })).toContain("of it what compressors made");
});
