/** Results as aligned text. */
import { type Column, renderTable, type TextOptions } from "../src/report/table.ts";
import type { Result, Spread } from "./aggregate.ts";
import type { Suite } from "./case.ts";
import type { Report } from "./run.ts";
import { targets } from "./targets.ts";

/** Three significant digits, no exponent. */
export function figure(value: number | undefined): string {
  if (value === undefined) return "-";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 4));
}

const times = (value: Spread | undefined): string => (value === undefined ? "-" : `${figure(value.median)}x`);
const range = ({ min, max }: Spread): string => (min === max ? "-" : `${figure(min)}..${figure(max)}`);

const titles: Readonly<Record<Suite, string>> = {
  kernels: "kernels",
  codecs: "codecs: whole calls, message and hash included; plain JS packs the same bits without hash or checks",
  rounds: "methods: one round in loopback, n = 10, d = 80, f64",
};

/** A column and what it says of a result. */
type Field = readonly [title: string, text: (r: Result) => string];

/** Leaves out columns that say nothing. */
function tableOf(results: readonly Result[], name: string, fields: readonly Field[], options: TextOptions): string {
  const shown = fields.filter(([, text]) => results.some((r) => text(r) !== "-"));
  const columns: Column[] = [{ title: name }, ...shown.map(([title]) => ({ title, right: true }) as const)];
  return renderTable({ columns, rows: results.map((r) => [r.name, ...shown.map(([, f]) => f(r))]), best: -1 }, options);
}

function vectorTable(results: readonly Result[], showTargets: boolean, options: TextOptions): string {
  const target = (r: Result) => (showTargets && targets[r.name] !== undefined ? `<= ${targets[r.name]}` : "-");
  const fields: Field[] = [
    ["ns/element", (r) => figure(r.ns.wasm!.median)],
    ["min..max", (r) => range(r.ns.wasm!)],
    ["x sum", (r) => figure(r.overSum?.median)],
    ["target", target],
    ["vs plain", (r) => times(r.faster.plain)],
    ["vs reference", (r) => times(r.faster.reference)],
    ["vs naive", (r) => times(r.faster.naive)],
    ["GB/s", (r) => figure(r.gbPerSecond)],
    ["bits/element", (r) => figure(r.messageBits === undefined ? undefined : r.messageBits / r.elements)],
  ];
  return tableOf(results, "operation", fields, options);
}

function roundTable(results: readonly Result[], options: TextOptions): string {
  const micro = ({ median, min, max }: Spread): Spread => ({ median: median / 1e3, min: min / 1e3, max: max / 1e3 });
  const fields: Field[] = [
    ["us/round", (r) => figure(r.ns.wasm!.median / 1e3)],
    ["min..max", (r) => range(micro(r.ns.wasm!))],
    ["vs reference", (r) => times(r.faster.reference)],
    ["uplink bits/worker", (r) => `${r.messageBits ?? "-"}`],
  ];
  return tableOf(results, "method", fields, options);
}

export function renderReport(report: Report, options: TextOptions = {}): string {
  const { machine, settings, results } = report;
  const wide = { width: 140, ...options };
  const standard = settings.size === 20 && settings.dtype === "f32" && settings.distribution === "normal";
  const out = [
    `d = 2^${settings.size}, ${settings.dtype}, ${settings.distribution}; ${settings.processes} process${settings.processes === 1 ? "" : "es"}${settings.quick ? ", quick: figures are rough" : ""}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; Node ${machine.node}, V8 ${machine.v8}; load ${report.load.map(figure).join(", ")}`,
  ];
  for (const suite of ["kernels", "codecs", "rounds"] as const) {
    const of = results.filter((r) => r.suite === suite);
    if (of.length === 0) continue;
    const table = suite === "rounds" ? roundTable(of, wide) : vectorTable(of, standard && suite === "codecs", wide);
    out.push("", titles[suite], table);
  }
  return out.join("\n");
}
