/** Bits an entry against error, every compressor one point, with the bounds that none can pass. Deterministic. */
import * as Plot from "@observablehq/plot";
import { type Axis, share } from "../report/axes.ts";
import { formatPower } from "../report/format.ts";
import { type Box, placeLabels } from "../report/labels.ts";
import { axisMarks, draw, escapeXml, FONT } from "../report/plot.ts";
import type { FrontierPoint } from "./frontier.ts";

const WIDTH = 1440;
const HEIGHT = 820;
/** On the right the names stand, in two columns. */
const MARGIN = { top: 12, right: 524, bottom: 48, left: 66 };
const COLUMN = { left: 24, width: 256, line: 20.5 };
const INNER = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
const LABEL = 12; // pixels
const KINDS = {
  unbiased: { symbol: "circle", fill: "currentColor", text: "unbiased" },
  contractive: { symbol: "square", fill: "white", text: "contractive" },
  neither: { symbol: "triangle", fill: "white", text: "neither" },
} as const;

/** Least error of contractive compressors with so many bits an entry, and of unbiased ones: a = omega/(1 + omega). */
const bounds = {
  contractive: (bits: number) => 4 ** -bits,
  unbiased: (bits: number) => 1 / (4 ** bits - 1),
};

const logAxis = (low: number, high: number, label: string, step = 1): Axis => ({
  log: true,
  domain: [low, high],
  unit: 1,
  ticks: Array.from(
    { length: Math.floor(Math.log10(high) + 1e-9) - Math.ceil(Math.log10(low) - 1e-9) + 1 },
    (_, i) => Math.ceil(Math.log10(low) - 1e-9) + i,
  )
    .filter((e) => e % step === 0)
    .map((e) => 10 ** e),
  label,
  tickText: (tick) => formatPower(Math.round(Math.log10(tick))),
});

/** @param points those without bits or without error have no place on logarithmic axes and are left out */
export function frontierSvg(points: readonly FrontierPoint[], dim: number): string {
  const shown = points.filter(({ bits, error }) => bits > 0 && error > 0);
  const bits = shown.map((p) => p.bits);
  const errors = shown.map((p) => p.error);
  const x = logAxis(Math.min(...bits) / 1.6, Math.max(...bits, 16) * 1.5, "payload bits an entry (f32)");
  const low = 10 ** Math.floor(Math.log10(Math.min(...errors)) - 0.1);
  const y = logAxis(low, 10 ** Math.ceil(Math.log10(Math.max(...errors))), "E|C(x) \u2212 x|\u00b2 / |x|\u00b2");
  const place = (b: number, error: number) => ({
    x: share(x, b) * INNER.width,
    y: (1 - share(y, error)) * INNER.height,
  });
  const curve = (bound: (bits: number) => number) =>
    Array.from({ length: 400 }, (_, i) => x.domain[0] * (x.domain[1] / x.domain[0]) ** (i / 399))
      .map((b) => place(b, bound(b)))
      .filter((p) => p.y >= 0 && p.y <= INNER.height);
  const curves = [curve(bounds.contractive), curve(bounds.unbiased)] as const;
  // from left to right, so that a number of the list is soon found
  const sorted = shown.toSorted((a, b) => a.bits - b.bits || b.error - a.error);
  const at = sorted.map((point) => ({ ...point, ...place(point.bits, point.error) }));
  const walls: Box[] = curves.flat().map((p) => ({ x1: p.x - 2, y1: p.y - 2, x2: p.x + 2, y2: p.y + 2 }));
  const labels = placeLabels(numbered(at), walls, LABEL, INNER);
  const leaders = labels.flatMap(({ x, y, leader }) => (leader ? [{ x1: x, y1: y, x2: leader.x, y2: leader.y }] : []));
  const line = (data: readonly { x: number; y: number }[], dash?: string) =>
    Plot.line(data, {
      x: "x",
      y: "y",
      stroke: "currentColor",
      strokeWidth: 1.4,
      ...(dash && { strokeDasharray: dash }),
    });
  const marks: Plot.Markish[] = [
    ...axisMarks(x, y, INNER),
    line(curves[0]),
    line(curves[1], "5 3"),
    Plot.link(leaders, {
      x1: "x1",
      y1: "y1",
      x2: "x2",
      y2: "y2",
      stroke: "currentColor",
      strokeOpacity: 0.45,
      strokeWidth: 0.7,
    }),
    ...Object.keys(KINDS).map((kind) =>
      dots(
        at.filter((p) => p.kind === kind),
        kind as FrontierPoint["kind"],
      ),
    ),
    Plot.text(
      labels.map((l) => ({ x: l.tx, y: l.ty, text: l.label })),
      {
        x: "x",
        y: "y",
        text: "text",
        fontSize: LABEL,
        stroke: "white",
        strokeWidth: 3,
        fill: "currentColor",
      },
    ),
    ...key(),
    ...names(at),
  ];
  const title = `Bits an entry against error, ${shown.length} compressors, normal input, d = ${dim}`;
  const svg = draw(marks, WIDTH, HEIGHT, MARGIN, INNER);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}" color="black" font-family='${FONT}' font-size="14">
<title>${escapeXml(title)}</title>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}" fill="white"/>
${svg}
</svg>
`;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Numbers beside points; points that cover one another share a label: "7, 9". */
function numbered(at: readonly Place[]): (Place & { label: string })[] {
  const groups: { x: number; y: number; members: number[] }[] = [];
  for (const [i, { x, y }] of at.entries()) {
    const group = groups.find((g) => Math.hypot(g.x - x, g.y - y) < 5);
    if (group) group.members.push(i + 1);
    else groups.push({ x, y, members: [i + 1] });
  }
  return groups.map(({ x, y, members }) => ({ x, y, label: members.join(", ") }));
}

/** Number, symbol and name of every point, right of the axes. */
function names(at: readonly FrontierPoint[]): Plot.Markish[] {
  const rows = Math.ceil(at.length / 2);
  const list = at.map((point, i) => ({
    ...point,
    number: String(i + 1),
    x: INNER.width + COLUMN.left + Math.floor(i / rows) * COLUMN.width,
    y: 12 + (i % rows) * Math.min(COLUMN.line, (INNER.height - 12) / rows),
  }));
  const text = (shift: number, channel: "number" | "label", textAnchor: "start" | "end") =>
    Plot.text(list, { x: (p) => p.x + shift, y: "y", text: channel, textAnchor, fontSize: LABEL });
  return [
    text(10, "number", "end"),
    ...(Object.keys(KINDS) as (keyof typeof KINDS)[]).map((kind) =>
      dots(
        list.filter((p) => p.kind === kind).map(({ x, y }) => ({ x: x + 21, y })),
        kind,
      ),
    ),
    text(32, "label", "start"),
  ];
}

const dots = (places: readonly { x: number; y: number }[], kind: FrontierPoint["kind"]): Plot.Markish =>
  Plot.dot(places, {
    x: "x",
    y: "y",
    symbol: KINDS[kind].symbol,
    r: kind === "neither" ? 3.4 : 3.8,
    fill: KINDS[kind].fill,
    stroke: "currentColor",
    strokeWidth: 1.2,
  });

/** In the lower left corner: below the bounds nothing can be. */
function key(): Plot.Markish[] {
  const [left, line] = [24, 22];
  const rows = ["unbiased", "contractive", "neither", "bound", "dashed"] as const;
  const text = (row: (typeof rows)[number]): string =>
    row === "bound"
      ? "least error of any compressor: 4 to the power of \u2212bits"
      : row === "dashed"
        ? "least error of unbiased ones: \u03c9/(1 + \u03c9) in its place"
        : KINDS[row].text;
  const y = (i: number): number => INNER.height - (rows.length - i) * line;
  return [
    ...(["unbiased", "contractive", "neither"] as const).map((kind, i) => dots([{ x: left, y: y(i) }], kind)),
    ...[undefined, "5 3"].map((dash, i) =>
      Plot.line(
        [
          { x: left - 14, y: y(3 + i) },
          { x: left + 14, y: y(3 + i) },
        ],
        {
          x: "x",
          y: "y",
          stroke: "currentColor",
          strokeWidth: 1.4,
          ...(dash && { strokeDasharray: dash }),
        },
      ),
    ),
    Plot.text(
      rows.map((row, i) => ({ x: left + 24, y: y(i), text: text(row) })),
      {
        x: "x",
        y: "y",
        text: "text",
        textAnchor: "start",
        fontSize: 13,
      },
    ),
  ];
}
