/**
 * Error against cost as an SVG for a paper: black on white, runs told apart by dash and marker. Deterministic: the same
 * trace gives the same bytes.
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { ExperimentSummary, TracePoint } from "../run/trace.ts";
import { type Axis, costAxis, errorAxis, metric, share, type XAxis, type YAxis, yLabels } from "./axes.ts";
import { formatPower, formatScientific, printable } from "./format.ts";
import { cutToWidth, type LineStyle, lineStyle, markerPlaces, type Pixel, textWidth } from "./marks.ts";
import { byRun, thin } from "./series.ts";

export interface PlotOptions {
  /** One panel for each, side by side; default `["uplinkBits"]`. */
  panels?: readonly XAxis[];
  /** Default: the relative error, or |grad f|^2 if no run has one. */
  y?: YAxis;
  /** Of the whole picture in CSS pixels (96 an inch); default 680. */
  width?: number;
  /** Of a panel; default 380. */
  height?: number;
}

export const FONT = 'Helvetica, "Liberation Sans", Arial, sans-serif';
const SIZE = 14; // 10.5 pt at 96 pixels an inch
const LINE = 20; // height of a legend's line
const SAMPLE = 40; // length of a legend's line sample
/** Symbols have equal areas; these would still look larger than the others. */
const RADII: Readonly<Record<string, number>> = { times: 3, plus: 3, asterisk: 4.4, star: 3.6, triangle: 3.6 };
const BUCKETS = 100; // at most 400 points a line
const MIN_BUCKET = 4; // pixels
const MARGIN = { top: 12, right: 16, bottom: 48, left: 66 };

interface Line {
  readonly label: string;
  readonly style: LineStyle;
  readonly points: readonly TracePoint[];
  readonly diverged: boolean;
}

/** @param trace points of all runs, in any order */
export function plotSvg(summary: ExperimentSummary, trace: readonly TracePoint[], options: PlotOptions = {}): string {
  const lines = byRun(trace, summary.runs.length).map((points, i): Line => {
    const run = summary.runs[i]!;
    const diverged = run.stoppedBy === "diverged";
    const label = printable(run.label) + (diverged ? " (diverges)" : "");
    return { label, style: lineStyle(i), points, diverged };
  });
  const y =
    options.y ?? (trace.some((p) => Number.isFinite(p.relativeError)) ? "relativeError" : "gradientNormSquared");
  const panels = options.panels ?? ["uplinkBits"];
  const width = options.width ?? 680;
  const height = options.height ?? 380;
  const target = y === "relativeError" ? summary.target : null;
  const entries = [...lines.map(({ label }) => label), ...(target === null ? [] : [targetLabel(target)])];
  const legend = legendLayout(entries, width, panels.length === 1);
  const panelWidth = (width - (legend.right ? legend.width : 0)) / panels.length;
  const total = legend.right ? Math.max(height, legend.height) : height + legend.height;
  const parts = panels.map((x, i) => ({
    at: [i * panelWidth, 0],
    svg: panel(lines, x, y, target, panelWidth, height),
  }));
  const place = legend.right
    ? [width - legend.width, Math.max(0, (height - MARGIN.bottom - legend.height) / 2)]
    : [0, height];
  if (lines.length > 0) parts.push({ at: place, svg: drawLegend(entries, lines, legend) });
  const title = `${yLabels[y]} of ${lines.length} ${lines.length === 1 ? "run" : "runs"}: ${printable(summary.experiment)}`;
  const inner = parts
    .map(({ at, svg }) => svg.replace("<svg", `<svg x="${round(at[0]!)}" y="${round(at[1]!)}"`))
    .join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" role="img" aria-label="${escapeXml(title)}" color="black" font-family='${FONT}' font-size="${SIZE}">
<title>${escapeXml(title)}</title>
<rect class="paper" width="${width}" height="${total}" fill="white"/>
${inner}
</svg>
`;
}

export const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** To 1/16 pixel: exact in binary, so sums stay short in the file. */
const round = (value: number): number => Math.round(value * 16) / 16;

function panel(
  lines: readonly Line[],
  x: XAxis,
  y: YAxis,
  target: number | null,
  width: number,
  height: number,
): string {
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const points = lines.map((line) => line.points);
  const all = points.flat();
  const yAxis = errorAxis(
    [...all.map((p) => metric(p, y)), ...(target === null || all.length === 0 ? [] : [target])],
    points.map((line) => (line[0] ? metric(line[0], y) : Number.NaN)),
    y,
    inner.height,
  );
  // runs that blew up end early: they must not decide the axis
  const lasting = lines.some(({ diverged }) => !diverged) ? lines.filter(({ diverged }) => !diverged) : lines;
  const costs = lasting.map((line) => line.points.map((p) => metric(p, x)).filter(Number.isFinite));
  const xAxis = costAxis(costs, x, inner.width);
  const drawn = points.map((line) => pixels(line, xAxis, yAxis, x, y, inner));
  const marks: Plot.Markish[] = [
    ...axisMarks(xAxis, yAxis, inner),
    ...targetMarks(target, yAxis, inner),
    ...drawn.flatMap((pieces, i) => pieces.map((piece) => lineMark(piece, lines[i]!, i))),
    ...drawn.map((pieces, i) => markerMark(pieces, lines[i]!, i, lines.length)),
  ];
  if (all.length === 0)
    marks.push(
      Plot.text([{ x: inner.width / 2, y: inner.height / 2 }], {
        x: "x",
        y: "y",
        text: () => "no points were recorded",
      }),
    );
  return draw(marks, width, height, MARGIN, inner);
}

/** Marks in pixels of the inner rectangle: the axes are computed here, so Plot only draws. */
export function draw(
  marks: Plot.Markish[],
  width: number,
  height: number,
  margin: typeof MARGIN,
  inner: { width: number; height: number },
): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const figure = Plot.plot({
    document: document as unknown as Document,
    className: "tw",
    style: { fontFamily: FONT, fontSize: `${SIZE}px`, background: "none" },
    width,
    height,
    marginTop: margin.top,
    marginRight: margin.right,
    marginBottom: margin.bottom,
    marginLeft: margin.left,
    x: { type: "linear", domain: [0, inner.width], axis: null },
    y: { type: "linear", domain: [inner.height, 0], axis: null },
    marks,
  });
  const short = (tag: string) =>
    tag.replace(/\d+\.\d{4,}/g, (number) => String(Math.round(Number(number) * 1000) / 1000));
  // the style sheet that Plot adds would apply to the page around it
  return figure.outerHTML.replace(/<style>[\s\S]*?<\/style>/, "").replace(/<[^>]+>/g, short);
}

/** The line in pixels, thinned, in pieces: parts above the frame are cut off at its edge, zeros lie on the bottom. */
function pixels(
  line: readonly TracePoint[],
  xAxis: Axis,
  yAxis: Axis,
  x: XAxis,
  y: YAxis,
  inner: { width: number; height: number },
): Pixel[][] {
  const low = yAxis.domain[0];
  const places: Pixel[] = [];
  for (const point of line) {
    const error = metric(point, y);
    const cost = metric(point, x);
    if (!Number.isFinite(error) || error < 0 || !Number.isFinite(cost) || (xAxis.log && cost <= 0)) continue;
    const pixel = { x: share(xAxis, cost) * inner.width, y: share(yAxis, Math.max(error, low)) * inner.height };
    if (pixel.x > inner.width) break;
    if (pixel.x < 0) pixel.x = 0; // left of a logarithmic axis: only the last such point stays, at its edge
    if (pixel.x === 0 && places.at(-1)?.x === 0) places.pop();
    places.push(pixel);
  }
  // narrower ones would turn the dashes of a steep, noisy line into a solid smear
  const wide = (places.at(-1)?.x ?? 0) - (places[0]?.x ?? 0);
  const buckets = Math.max(1, Math.min(BUCKETS, Math.floor(wide / MIN_BUCKET)));
  const pieces: Pixel[][] = [];
  let piece: Pixel[] = [];
  let before: Pixel | undefined;
  for (const place of thin(places, buckets)) {
    const out = place.y > inner.height;
    if (before && out !== before.y > inner.height) {
      const t = (inner.height - before.y) / (place.y - before.y);
      piece.push({ x: before.x + t * (place.x - before.x), y: inner.height });
    }
    if (!out) piece.push(place);
    else if (piece.length > 0) {
      pieces.push(piece);
      piece = [];
    }
    before = place;
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces.map((p) => p.map((at) => ({ x: round(at.x), y: round(inner.height - at.y) })));
}

const place = { x: "x", y: "y" };

function lineMark(piece: readonly Pixel[], { label, style }: Line, i: number): Plot.Markish {
  const data = piece.length === 1 ? [piece[0]!, piece[0]!] : piece;
  return Plot.line(data, {
    ...place,
    className: `run run-${i}`,
    title: () => label, // an attribute would not be escaped as XML asks
    stroke: "currentColor",
    strokeWidth: 1.4,
    strokeLinejoin: "round",
    strokeDasharray: style.dash,
  });
}

function markerMark(pieces: readonly Pixel[][], { style }: Line, i: number, of: number): Plot.Markish {
  const places = pieces.flatMap((piece) => markerPlaces(piece, 90, i / of));
  return dots(places, style, i);
}

function dots(places: readonly Pixel[], { symbol, filled }: LineStyle, i: number): Plot.Markish {
  return Plot.dot(places, {
    ...place,
    className: `run run-${i}${filled ? "" : " hollow"}`,
    symbol,
    r: RADII[symbol as string] ?? 4,
    fill: filled ? "currentColor" : "white",
    stroke: "currentColor",
    strokeWidth: 1.3,
  });
}

export function axisMarks(xAxis: Axis, yAxis: Axis, inner: { width: number; height: number }): Plot.Markish[] {
  const xs = xAxis.ticks.map((t) => ({
    at: round(share(xAxis, xAxis.log ? t : t * xAxis.unit) * inner.width),
    text: xAxis.tickText(t),
  }));
  const ys = yAxis.ticks.map((t) => ({ at: round((1 - share(yAxis, t)) * inner.height), text: yAxis.tickText(t) }));
  const axis = { color: "currentColor", tickSize: 5, labelAnchor: "center", labelArrow: "none" } as const;
  return [
    Plot.ruleY(ys, { y: "at", className: "grid", stroke: "currentColor", strokeOpacity: 0.12 }),
    Plot.ruleX(xs, { x: "at", className: "grid", stroke: "currentColor", strokeOpacity: 0.12 }),
    Plot.frame({ stroke: "currentColor", strokeWidth: 1 }),
    Plot.axisX(
      xs.map(({ at }) => at),
      { ...axis, label: xAxis.label, labelOffset: 44, tickFormat: (_, i) => xs[i]!.text },
    ),
    Plot.axisY(
      ys.map(({ at }) => at),
      { ...axis, label: yAxis.label, labelOffset: 60, tickFormat: (_, i) => ys[i]!.text },
    ),
  ];
}

function targetMarks(target: number | null, yAxis: Axis, inner: { width: number; height: number }): Plot.Markish[] {
  if (target === null || !(target >= yAxis.domain[0])) return [];
  return [targetRule(0, inner.width, round((1 - share(yAxis, target)) * inner.height))];
}

const targetRule = (x1: number, x2: number, y: number): Plot.Markish =>
  Plot.ruleY([{ x1, x2, y }], {
    x1: "x1",
    x2: "x2",
    y: "y",
    className: "target",
    stroke: "currentColor",
    strokeDasharray: "1 2",
  });

const targetLabel = (target: number): string => {
  const exponent = Math.round(Math.log10(target));
  return `target ${Math.abs(target / 10 ** exponent - 1) < 1e-9 ? formatPower(exponent) : formatScientific(target)}`;
};

interface LegendLayout {
  readonly right: boolean;
  readonly columns: number;
  readonly columnWidth: number;
  readonly width: number;
  readonly height: number;
}

/** Beside a single panel if the labels are short enough to leave it most of the width, else below in columns. */
function legendLayout(entries: readonly string[], width: number, single: boolean): LegendLayout {
  const widest = Math.max(0, ...entries.map((label) => textWidth(label) * SIZE)) + SAMPLE + 18;
  if (single && entries.length <= 14 && widest <= 0.34 * width) {
    return {
      right: true,
      columns: 1,
      columnWidth: widest,
      width: Math.ceil(widest),
      height: entries.length * LINE + 8,
    };
  }
  const room = width - MARGIN.left - MARGIN.right;
  const columns = Math.max(1, Math.min(entries.length, Math.floor(room / Math.min(widest, room / 2))));
  const rows = Math.ceil(entries.length / columns);
  return { right: false, columns, columnWidth: Math.min(widest, room / columns), width, height: rows * LINE + 12 };
}

/** `entries`: the labels of the lines, then perhaps that of the target. */
function drawLegend(entries: readonly string[], lines: readonly Line[], layout: LegendLayout): string {
  const rows = Math.ceil(entries.length / layout.columns);
  const left = layout.right ? 0 : MARGIN.left;
  const marks = entries.flatMap((entry, i) => {
    const x = round(Math.floor(i / rows) * layout.columnWidth);
    const y = (i % rows) * LINE + LINE / 2;
    const line = lines[i];
    const label = cutToWidth(entry, (layout.columnWidth - SAMPLE - 14) / SIZE);
    const text = Plot.text([{ x: x + SAMPLE + 8, y }], {
      ...place,
      className: "label",
      text: () => label,
      title: label === entry ? undefined : () => entry,
      textAnchor: "start",
      fill: "currentColor",
    });
    if (!line) return [targetRule(x, x + SAMPLE, y), text];
    const sample = [
      { x, y },
      { x: x + SAMPLE, y },
    ];
    return [lineMark(sample, line, i), dots([{ x: x + SAMPLE / 2, y }], line.style, i), text];
  });
  const inner = { width: layout.width - left, height: rows * LINE };
  return draw(marks, layout.width, inner.height + 4, { top: 4, right: 0, bottom: 0, left }, inner);
}
