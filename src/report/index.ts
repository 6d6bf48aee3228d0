/** Everything that a finished experiment is shown by. Heavy (the plotting library): load it with a dynamic import. */
import type { ExperimentSummary, TracePoint } from "../run/trace.ts";
import type { XAxis } from "./axes.ts";
import { type ReportPlot, reportHtml } from "./html.ts";
import { plotSvg } from "./plot.ts";

export interface Report {
  /** For a paper: error against uplink bits. */
  readonly svg: string;
  readonly html: string;
}

/** @param experiment the experiment file's content, printed in the report */
export function renderReport(summary: ExperimentSummary, trace: readonly TracePoint[], experiment?: unknown): Report {
  const svg = plotSvg(summary, trace);
  const plot = (x: XAxis, title: string): ReportPlot => ({ title, svg: plotSvg(summary, trace, { panels: [x] }) });
  const plots = [{ title: "Error against the bits that a worker sends.", svg }, plot("round", "Error against rounds.")];
  if (trace.some(({ simulatedSeconds }) => simulatedSeconds !== null)) {
    plots.push(plot("simulatedSeconds", "Error against time on the network that the experiment describes."));
  }
  plots.push(plot("seconds", "Error against wall time on this machine; evaluations for the trace are left out."));
  return { svg, html: reportHtml(summary, trace, { plots, experiment }) };
}

export { plotSvg, reportHtml };
