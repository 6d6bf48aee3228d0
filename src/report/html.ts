/**
 * One file that says what was run and what came out: it requests nothing, prints, follows the reader's light or dark
 * setting, and reads aloud in order. Colours only repeat what dashes and markers say.
 */
import type { ExperimentSummary, RunSummary, TracePoint } from "../run/trace.ts";
import { formatBits, formatBytes, formatInteger, formatLevel, formatPlain, formatSeconds } from "./format.ts";
import { escapeXml } from "./plot.ts";
import { baselineOf, type Cost } from "./series.ts";
import { summaryTable } from "./table.ts";

export interface ReportPlot {
  readonly title: string;
  readonly svg: string;
}

export interface ReportOptions {
  readonly plots: readonly ReportPlot[];
  /** The experiment file, to be run again. */
  readonly experiment?: unknown;
  readonly cost?: Cost;
}

// dark, then light: both at least 4.5 : 1 against their paper
const COLOURS: readonly [string, string][] = [
  ["#000000", "#f2f2f2"],
  ["#0060a8", "#6db6f2"],
  ["#a84300", "#ff9d5c"],
  ["#00704d", "#4fd1a1"],
  ["#9c1f6d", "#f08cc4"],
  ["#6a4c00", "#e3c04f"],
  ["#4b3fb0", "#a9a0ff"],
];

const colours = (runs: number, which: 0 | 1): string =>
  Array.from({ length: runs }, (_, i) => `.run-${i}{color:${COLOURS[i % COLOURS.length]![which]}}`).join("");

const style = (runs: number): string => `
:root{color-scheme:light dark;--paper:#fff;--ink:#111;--soft:#595959;--line:#c8c8c8;--band:#f4f4f2}
${colours(runs, 0)}
@media (prefers-color-scheme:dark){@media screen{:root{--paper:#16181b;--ink:#ececec;--soft:#a8a8a8;--line:#44484d;--band:#1f2226}${colours(runs, 1)}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Liberation Sans",sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.25rem 0 .5rem}
p,li{max-width:46rem}.soft{color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}
thead th{border-bottom:2px solid var(--ink);white-space:nowrap}tbody th{font-weight:600;min-width:6rem}
.n{text-align:right;white-space:nowrap}.n+:not(.n){padding-left:.75rem}tr.best{background:var(--band)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.5rem 0;font-size:.9375rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
figure{margin:1rem 0;break-inside:avoid}figcaption{font-size:.875rem;color:var(--soft)}
figure svg{max-width:100%;height:auto;color:var(--ink)}
.paper{fill:var(--paper)}.hollow{fill:var(--paper)}
code,pre{font:.8125rem/1.45 ui-monospace,"Liberation Mono",monospace}
pre{background:var(--band);padding:.75rem 1rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
@media print{body{max-width:none;padding:0;font-size:10.5pt}table{font-size:8pt}.scroll{overflow:visible}thead th,.n{white-space:normal}th,td{padding-right:.4rem}h2{break-after:avoid}tr{break-inside:avoid}}
`;

export function reportHtml(summary: ExperimentSummary, trace: readonly TracePoint[], options: ReportOptions): string {
  const title = escapeXml(summary.experiment);
  const target = summary.target === null ? "" : ` The target is a relative error of ${formatLevel(summary.target)}.`;
  const saving =
    target !== "" && baselineOf(summary) >= 0
      ? " A saving is the uplink bits of uncompressed gradient descent divided by those of the run."
      : "";
  const { experiment } = options;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="thinwire ${escapeXml(summary.version)}">
<title>${title}</title>
<style>${style(summary.runs.length)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="soft">${count(summary.runs.length, "run")} in ${formatSeconds(summary.seconds)}, thinwire ${escapeXml(summary.version)}, ${escapeXml(summary.backend)} kernels, transport ${escapeXml(summary.transport)}.</p>
<h2>Result</h2>
${resultTable(summary, trace, options.cost)}
<p class="soft">Relative error is |x − x*|² / |x⁰ − x*|².${target}${saving}</p>
${options.plots.map(plotFigure).join("\n")}
<h2>Problem</h2>
${facts(summary.problem)}
<h2>Methods</h2>
${methodTable(summary.runs)}
<h2>Costs</h2>
${costTable(summary.runs)}
<h2>How bits are counted</h2>
<p>Bits are measured on the messages that were really encoded, never computed by a formula: uplink is what a worker sends to the server, the mean over the workers, counted from the first round on, and the axes show payload: what compressors made and, where a method sends some, vectors as they are. What frames add (kinds, rounds, lengths, digests and hashes) is counted apart as framing, and evaluating f, gradients and errors for this report costs no counted bits and no time.</p>
${experiment === undefined ? "" : `<h2>Experiment</h2>\n<p>Save as <code>experiment.json</code> and run <code>thinwire run experiment.json</code>; the same version gives the same iterates, bit for bit.</p>\n<pre><code>${escapeXml(JSON.stringify(experiment, null, 2))}</code></pre>`}
</main>
</body>
</html>
`;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

const plotFigure = ({ title, svg }: ReportPlot): string =>
  `<figure>\n${svg.trim()}\n<figcaption>${escapeXml(title)}</figcaption>\n</figure>`;

interface Head {
  readonly title: string;
  readonly right?: true;
}

/** The first cell of a row is its header. Cells are HTML. */
function htmlTable(columns: readonly Head[], rows: readonly (readonly string[])[], best = -1): string {
  const cls = (i: number) => (columns[i]!.right ? ' class="n"' : "");
  const head = columns.map(({ title }, i) => `<th scope="col"${cls(i)}>${title}</th>`).join("");
  const body = rows.map((row, r) => {
    const cells = row.map((cell, i) => (i === 0 ? `<th scope="row">${cell}</th>` : `<td${cls(i)}>${cell}</td>`));
    return `<tr${r === best ? ' class="best"' : ""}>${cells.join("")}</tr>`;
  });
  return `<div class="scroll"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join("\n")}\n</tbody>\n</table></div>`;
}

function resultTable(summary: ExperimentSummary, trace: readonly TracePoint[], cost?: Cost): string {
  const { columns, rows, best } = summaryTable(summary, trace, cost);
  return htmlTable(
    columns,
    rows.map((row) => row.map(escapeXml)),
    best,
  );
}

function facts(problem: ExperimentSummary["problem"]): string {
  const names: Readonly<Record<string, string>> = {
    name: "problem",
    dim: "dimension d",
    rows: "rows of data",
    Lmax: "largest L of a worker",
    mu: "strong convexity mu",
    standIn: "data: a generated stand-in",
    L: "smoothness L",
  };
  const known = ["name", "dim", "workers", "rows", "L", "Lmax", "mu"];
  const others = Object.keys(problem).filter((key) => !known.includes(key));
  const items = [...known, ...others].map((key) => [names[key] ?? key, value(problem[key])]);
  if (problem.mu > 0) items.push(["condition number L/mu", formatPlain(problem.L / problem.mu)]);
  return `<dl>${items.map(([key, text]) => `<dt>${escapeXml(key!)}</dt><dd>${text}</dd>`).join("")}</dl>`;
}

/** Any JSON value, as HTML. */
function value(of: unknown): string {
  if (typeof of === "number") {
    return Number.isInteger(of) && Math.abs(of) < 1e15
      ? formatInteger(of)
      : escapeXml(String(Number(of.toPrecision(6))));
  }
  if (typeof of === "string") return escapeXml(of);
  if (of === undefined || of === null) return "-";
  return `<code>${escapeXml(JSON.stringify(of))}</code>`;
}

function methodTable(runs: readonly RunSummary[]): string {
  const columns: Head[] = [
    { title: "run" },
    { title: "method" },
    { title: "compressors" },
    { title: "step size gamma", right: true },
    { title: "rule" },
    { title: "options" },
    { title: "theory promises" },
  ];
  return htmlTable(
    columns,
    runs.map((run) => [
      escapeXml(run.label),
      escapeXml(run.method),
      Object.entries(run.compressors)
        .map(([slot, spec]) => (slot === "gradient" ? "" : `${escapeXml(slot)}: `) + `<code>${escapeXml(spec)}</code>`)
        .join("<br>") || "none",
      value(run.stepSize),
      escapeXml(run.stepSizeFormula),
      Object.entries(run.options)
        .filter(([key]) => key !== "gamma" && key !== "formula")
        .map(([key, option]) => `${escapeXml(key)} = ${value(option)}`)
        .join("<br>") || "-",
      escapeXml(run.promise),
    ]),
  );
}

function costTable(runs: readonly RunSummary[]): string {
  const columns = [
    "uplink payload",
    "of it compressed",
    "uplink framing",
    "downlink payload",
    "passes over the data",
    "codec",
    "oracle",
    "transport",
    "server memory",
    "worker memory",
  ].map((title) => ({ title, right: true }) as const);
  return htmlTable(
    [{ title: "run" }, ...columns],
    runs.map((run) => [
      escapeXml(run.label),
      ...[run.uplinkBits, run.uplinkCompressedBits, run.uplinkFramingBits, run.downlinkBits].map(formatBits),
      formatPlain(run.gradients),
      ...[run.secondsCodec, run.secondsOracle, run.secondsTransport].map(formatSeconds),
      ...[run.serverMemory, run.workerMemory].map(formatBytes),
    ]),
  );
}
