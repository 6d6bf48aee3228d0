/** Everything that a finished experiment is shown by. Heavy (the plotting library): load it with a dynamic import. */
import type { ExperimentSummary, TracePoint } from "../run/trace.ts";
import type { XAxis, YAxis } from "./axes.ts";
import { type ReportPlot, reportHtml } from "./html.ts";
import { plotSvg } from "./plot.ts";
import { costOf } from "./series.ts";

export interface Report {
  /** For a paper: error against what the experiment asks for, uplink bits by default. */
  readonly svg: string;
  readonly html: string;
}

/** What the experiment file asks its figure to show. */
export interface Axes {
  readonly x?: XAxis | undefined;
  readonly y?: YAxis | undefined;
}

const TITLES: Readonly<Record<XAxis, string>> = {
  uplinkBits: "Error against the bits that a worker sends.",
  uplinkCompressedBits:
    "Error against the bits of a worker's compressed messages; what is sent densely is not counted.",
  round: "Error against rounds.",
  gradients: "Error against passes over a worker's data.",
  simulatedSeconds: "Error against time on the network that the experiment describes.",
  seconds: "Error against wall time on this machine; evaluations for the trace are left out.",
};

/** @param experiment the experiment file's content, printed in the report */
export function renderReport(
  summary: ExperimentSummary,
  trace: readonly TracePoint[],
  experiment?: unknown,
  { x = "uplinkBits", y }: Axes = {},
): Report {
  const axes = new Set<XAxis>([x, "uplinkBits", "round"]);
  if (trace.some(({ simulatedSeconds }) => simulatedSeconds !== null)) axes.add("simulatedSeconds");
  axes.add("seconds");
  const plots = Array.from(
    axes,
    (axis): ReportPlot => ({ title: TITLES[axis], svg: plotSvg(summary, trace, { panels: [axis], ...(y && { y }) }) }),
  );
  return { svg: plots[0]!.svg, html: reportHtml(summary, trace, { plots, experiment, cost: costOf(x) }) };
}

export { plotSvg, reportHtml };
