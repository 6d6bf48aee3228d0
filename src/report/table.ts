/** The table at the end of a run: what each method paid in bits for the error that the experiment asks for. */
import type { ExperimentSummary, RunSummary, TracePoint } from "../run/trace.ts";
import {
  cut,
  formatBits,
  formatInteger,
  formatLevel,
  formatRatio,
  formatScientific,
  formatSeconds,
  printable,
} from "./format.ts";
import { baselineOf, byRun, type Cost, type Outcome, outcome } from "./series.ts";

export interface Column {
  readonly title: string;
  readonly right?: true;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** The row to point out, -1 for none: the cheapest of the runs that reach the target. */
  readonly best: number;
}

export interface TextOptions {
  /** Default uplinkBits. */
  cost?: Cost;
  /** Of the terminal; default 100. The first column gives way. */
  width?: number;
  colour?: boolean;
}

const STOPS: Readonly<Record<RunSummary["stoppedBy"], string>> = {
  rounds: "rounds",
  relativeError: "target",
  uplinkBits: "bits",
  gradientNormSquared: "gradient",
  diverged: "diverged",
  interrupted: "interrupted",
};

const COSTS: Readonly<Record<Cost, string>> = { uplinkBits: "uplink", uplinkCompressedBits: "compressed" };

/** Columns and cells of the summary, for terminal and report alike. */
export function summaryTable(
  summary: ExperimentSummary,
  trace: readonly TracePoint[],
  cost: Cost = "uplinkBits",
): Table {
  const { target, runs } = summary;
  const points = byRun(trace, runs.length);
  const outcomes = target === null ? undefined : runs.map((run, i) => outcome(run, points[i]!, target));
  const bits = outcomes?.map((o) => (o.kind === "reached" ? o.point[cost] : Number.POSITIVE_INFINITY));
  const baseline = baselineOf(summary);
  const compared = bits && baseline >= 0;
  const known = runs.some((run) => !Number.isNaN(run.bestRelativeError)); // x* is not, where the problem is not convex
  const columns: Column[] = [
    { title: "run" },
    { title: "rounds", right: true },
    ...(target === null ? [] : [{ title: `${COSTS[cost]} to ${formatLevel(target)}`, right: true } as const]),
    ...(compared ? [{ title: "saving", right: true } as const] : []),
    { title: "uplink", right: true },
    { title: known ? "best error" : "|grad f|^2", right: true },
    { title: "time", right: true },
    { title: "stopped by" },
  ];
  const rows = runs.map((run, i) => [
    printable(run.label),
    formatInteger(run.rounds),
    ...(outcomes ? [describe(outcomes[i]!, cost)] : []),
    ...(compared ? [saving(bits, i, baseline)] : []),
    formatBits(run.uplinkBits),
    formatScientific(known ? run.bestRelativeError : run.gradientNormSquared),
    formatSeconds(run.seconds),
    STOPS[run.stoppedBy] ?? run.stoppedBy,
  ]);
  const least = bits ? Math.min(...bits) : Number.POSITIVE_INFINITY;
  return { columns, rows, best: Number.isFinite(least) && runs.length > 1 ? bits!.indexOf(least) : -1 };
}

function describe(o: Outcome, cost: Cost): string {
  if (o.kind === "reached") return formatBits(o.point[cost]);
  if (o.kind === "diverges") return "diverges";
  return `${o.kind} at ${formatScientific(o.error)}`;
}

/** How many times fewer bits than the uncompressed run; "-" where one of the two has not reached the target. */
function saving(bits: readonly number[], run: number, baseline: number): string {
  if (run === baseline || !Number.isFinite(bits[run]!)) return "-";
  return formatRatio(bits[baseline]! / bits[run]!);
}

/** The table of an experiment with a line of totals below. */
export function renderSummary(
  summary: ExperimentSummary,
  trace: readonly TracePoint[],
  options: TextOptions = {},
): string {
  const table = summaryTable(summary, trace, options.cost);
  const { dim, workers, standIn } = summary.problem;
  const apart = options.cost === "uplinkCompressedBits" ? "compressed: of it what compressors made; " : "";
  const note = `uplink: payload bits per worker; ${apart}${formatInteger(workers)} workers, d = ${formatInteger(dim)}; ${formatSeconds(summary.seconds)} in all${standIn ? "; data: a generated stand-in" : ""}`;
  return `${renderTable(table, options)}\n${options.colour ? `\u001b[2m${note}\u001b[22m` : note}\n`;
}

/** Aligned text, two spaces between columns, a rule under the titles. */
export function renderTable(table: Pick<Table, "columns" | "rows" | "best">, options: TextOptions = {}): string {
  const { columns, rows, best } = table;
  const widths = columns.map(({ title }, i) => Math.max(length(title), ...rows.map((row) => length(row[i] ?? ""))));
  const over = widths.reduce((a, b) => a + b + 2, -2) - (options.width ?? 100);
  if (over > 0) widths[0] = Math.max(12, widths[0]! - over);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const text = cut(cell, widths[i]!);
        const pad = " ".repeat(widths[i]! - length(text));
        return columns[i]!.right ? pad + text : text + pad;
      })
      .join("  ")
      .trimEnd();
  const bold = (text: string) => (options.colour ? `\u001b[1m${text}\u001b[22m` : text);
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  const body = rows.map((row, i) => (i === best ? bold(line(row)) : line(row)));
  return [bold(line(columns.map(({ title }) => title))), rule, ...body].join("\n");
}

const length = (text: string): number => [...text].length;

/** Whether to write colours and cursor movements to a stream. https://no-color.org */
export function wantsColour(stream: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}
