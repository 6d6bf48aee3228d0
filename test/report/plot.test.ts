import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { costAxis, errorAxis } from "../../src/report/axes.ts";
import { reportHtml } from "../../src/report/html.ts";
import { renderReport } from "../../src/report/index.ts";
import { lineStyle, markerPlaces } from "../../src/report/marks.ts";
import { plotSvg } from "../../src/report/plot.ts";
import { experiment, five } from "./support.ts";

const parse = (svg: string) => parseHTML(`<!doctype html><html><body>${svg}</body></html>`).document;
const texts = (svg: string) => [...parse(svg).querySelectorAll("text")].map((t) => t.textContent);
/** Path data of each run's line, the legend's samples left out. */
const linesOf = (svg: string, run: number) => {
  const panel = parse(svg).querySelector("svg svg")!;
  return [...panel.querySelectorAll(`g.run-${run}[aria-label=line] path`)].map((path) => path.getAttribute("d")!);
};

test("one line a run, labelled, in dashes of its own; no number is missing", () => {
  const { summary, trace } = five();
  const svg = plotSvg(summary, trace);
  expect(svg).not.toMatch(/NaN|undefined|Infinity|null/);
  expect(svg).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  const dashes = summary.runs.map((_, run) => {
    expect(linesOf(svg, run)).toHaveLength(1);
    return parse(svg).querySelector(`g.run-${run}`)!.getAttribute("stroke-dasharray");
  });
  expect(new Set(dashes).size).toBe(5);
  const shown = texts(svg);
  for (const { label } of summary.runs) expect(shown.some((text) => text.startsWith(label))).toBe(true);
  expect(shown).toContain("top-k, no feedback (diverges)");
  expect(shown).toContain("target 10\u207b\u00b9\u00b2");
  expect(shown).toContain("uplink bits per worker");
  expect(shown).toContain("relative error |x \u2212 x*|\u00b2 / |x\u2070 \u2212 x*|\u00b2");
  expect(shown).toContain("10\u207b\u00b9\u00b2");
});

test("the same trace in another order gives the same bytes", () => {
  const { summary, trace } = five();
  expect(plotSvg(summary, [...trace].reverse())).toBe(plotSvg(summary, trace));
});

test("lines are thin and stay in the frame, also one that explodes", () => {
  const { summary, trace } = experiment([
    { label: "explodes", rate: 1.5, bits: 100 },
    { label: "noise", rate: 0.999, bits: 100, rounds: 9000 },
  ]);
  const svg = plotSvg(summary, trace);
  for (const run of [0, 1]) {
    const [d] = linesOf(svg, run);
    const places = [...d!.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
    expect(places.length).toBeLessThanOrEqual(400);
    for (const [x, y] of places) {
      expect(x).toBeGreaterThanOrEqual(66);
      expect(x).toBeLessThanOrEqual(680);
      expect(y).toBeGreaterThanOrEqual(12);
      expect(y).toBeLessThanOrEqual(380 - 48);
    }
  }
});

test("zeros, missing errors, no points, one point, no runs", () => {
  const { summary, trace } = experiment([{ label: "a", rate: 0.5, bits: 10, rounds: 50 }]);
  const zero = trace.map((p, i) => ({ ...p, relativeError: i > 20 ? 0 : p.relativeError }));
  const missing = trace.map((p) => ({ ...p, relativeError: Number.NaN }));
  const nothing = missing.map((p) => ({ ...p, gradientNormSquared: Number.NaN }));
  for (const t of [zero, missing, nothing, [], trace.slice(0, 1), trace.slice(3, 4)]) {
    expect(plotSvg(summary, t)).not.toMatch(/NaN|undefined|Infinity/);
  }
  expect(texts(plotSvg(summary, missing))).toContain("|\u2207f(x)|\u00b2");
  expect(texts(plotSvg(summary, []))).toContain("no points were recorded");
  expect(plotSvg({ ...summary, runs: [] }, [])).not.toMatch(/NaN|undefined|Infinity/);
});

test("panels stand side by side under one legend", () => {
  const { summary, trace } = five();
  const svg = plotSvg(summary, trace, { panels: ["uplinkBits", "round"], width: 900 });
  expect(texts(svg)).toContain("rounds");
  expect(texts(svg).filter((text) => text === "dgd")).toHaveLength(1);
});

test("axes: logarithmic when the longest run would squeeze the shortest", () => {
  expect(
    costAxis(
      [
        [0, 1e6],
        [0, 2e5],
      ],
      "uplinkBits",
      500,
    ).log,
  ).toBe(false);
  const log = costAxis(
    [
      [0, 10, 1e6],
      [0, 5e3],
    ],
    "uplinkBits",
    500,
  );
  expect(log.log).toBe(true);
  expect(log.ticks).toEqual([100, 1e3, 1e4, 1e5, 1e6]);
  expect(costAxis([], "round", 500).ticks.length).toBeGreaterThan(1);
  const linear = costAxis([[0, 26e6]], "uplinkBits", 500);
  expect(linear.ticks).toEqual([0, 5, 10, 15, 20, 25]);
  expect(linear.unit).toBe(1e6);
});

test("axes: whole decades, at most what fits, zeros at the floor", () => {
  const axis = errorAxis([1, 3e-9], [1], "relativeError", 400);
  expect(axis.domain).toEqual([1e-9, 1]);
  expect(axis.ticks.length).toBeLessThanOrEqual(10);
  expect(errorAxis([1, 0], [1], "relativeError", 400).domain[0]).toBe(0.1);
  expect(errorAxis([1, 1e-40], [1], "relativeError", 400).domain[0]).toBeGreaterThanOrEqual(1e-30);
  expect(errorAxis([1, 1e12], [1], "relativeError", 400).domain[1]).toBe(1e3);
  expect(errorAxis([], [], "relativeError", 400).domain).toEqual([0.1, 1]);
});

test("84 runs can be told apart", () => {
  expect(new Set(Array.from({ length: 84 }, (_, i) => JSON.stringify(lineStyle(i)))).size).toBe(84);
});

test("markers keep their distance, and noise gathers none", () => {
  const noise = Array.from({ length: 400 }, (_, x) => ({ x, y: 100 + 20 * (x % 2) }));
  expect(markerPlaces(noise, 90, 0).length).toBeLessThan(8);
  expect(markerPlaces([{ x: 1, y: 2 }], 90, 0.5)).toEqual([{ x: 1, y: 2 }]);
  expect(markerPlaces([], 90, 0)).toEqual([]);
});

test("the report holds everything, asks for nothing, and runs no script that a label holds", () => {
  const { summary, trace } = five();
  summary.runs[0]!.label = "<script>alert(1)</script>";
  const { html, svg } = renderReport(summary, trace, { runs: [{ note: "</code><script>alert(2)</script>" }] });
  expect(html).not.toMatch(/<script|<link|<img|url\(|@import|src=|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  expect(html).toContain(svg.trim());
  const { document } = parseHTML(html);
  expect(document.title).toBe("made <up>");
  const headings = [...document.querySelectorAll("h2")].map((h) => h.textContent);
  expect(headings).toEqual(["Result", "Problem", "Methods", "Costs", "How bits are counted", "Experiment"]);
  expect([...document.querySelectorAll("figure")]).toHaveLength(3);
  for (const table of document.querySelectorAll("table")) {
    expect([...table.querySelectorAll("tbody th[scope=row]")]).toHaveLength(5);
  }
  expect(document.body.textContent).toContain("1/L < 2/L");
  expect(reportHtml(summary, trace, { plots: [] })).not.toContain("Experiment</h2>");
});

test("the experiment chooses the axes of its figure", () => {
  const { summary, trace } = five();
  const { svg, html } = renderReport(summary, trace, undefined, { x: "round", y: "objectiveGap" });
  expect(texts(svg)).toContain("rounds");
  expect(texts(svg)).toContain("f(x) \u2212 f(x*)");
  expect([...parseHTML(html).document.querySelectorAll("figure")]).toHaveLength(3);
  expect(texts(renderReport(summary, trace, undefined, { x: "uplinkCompressedBits" }).svg)).toContainEqual(
    expect.stringMatching(/^compressed uplink bits per worker/),
  );
});
