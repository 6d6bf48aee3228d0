/** Domains, ticks and labels of a plot's axes. */
import type { TracePoint } from "../run/trace.ts";
import { formatPower } from "./format.ts";

export type XAxis = "uplinkBits" | "uplinkCompressedBits" | "round" | "seconds" | "simulatedSeconds" | "gradients";
export type YAxis = "relativeError" | "objectiveGap" | "gradientNormSquared";

export const xLabels: Readonly<Record<XAxis, string>> = {
  uplinkBits: "uplink bits per worker",
  uplinkCompressedBits: "compressed uplink bits per worker",
  round: "rounds",
  seconds: "seconds",
  simulatedSeconds: "seconds on the simulated network",
  gradients: "passes over the data per worker",
};
export const yLabels: Readonly<Record<YAxis, string>> = {
  relativeError: "relative error |x \u2212 x*|\u00b2 / |x\u2070 \u2212 x*|\u00b2",
  objectiveGap: "f(x) \u2212 f(x*)",
  gradientNormSquared: "|\u2207f(x)|\u00b2",
};

/** Below it lies rounding only, even that of exact zeros. */
export const FLOOR = 1e-30;
/** Lines leave the frame there: what diverges must not flatten the others. */
const CEILING = 1e3;

export interface Axis {
  readonly log: boolean;
  /** In the units drawn: `value / unit`. */
  readonly domain: readonly [low: number, high: number];
  readonly unit: number;
  readonly ticks: readonly number[];
  readonly label: string;
  tickText(tick: number): string;
}

/** Every `step`-th power of ten in the domain, at most `most`. */
function decades(low: number, high: number, most: number): number[] {
  const from = Math.ceil(low - 1e-9);
  const to = Math.floor(high + 1e-9);
  const step =
    [1, 2, 3, 4, 5, 10, 20, 50, 100].find((s) => Math.floor(to / s) - Math.ceil(from / s) + 1 <= most) ?? 200;
  const out: number[] = [];
  for (let e = Math.ceil(from / step) * step; e <= to; e += step) out.push(e);
  return out;
}

/**
 * The axis of errors: whole decades around the values. Zeros are drawn at the bottom, which is at least `FLOOR`; the top
 * is where most start or a little above.
 * @param errors of all runs; those not finite are ignored
 */
export function errorAxis(errors: readonly number[], starts: readonly number[], name: YAxis, height: number): Axis {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  let zeros = false;
  for (const error of errors) {
    if (!Number.isFinite(error) || error < 0) continue;
    if (error < FLOOR) zeros = true;
    else {
      low = Math.min(low, error);
      high = Math.max(high, error);
    }
  }
  if (high === 0) [low, high] = [zeros ? FLOOR : 0.1, 1];
  const start = Math.max(...starts.filter((e) => Number.isFinite(e) && e > 0), low);
  const top = Math.ceil(Math.log10(Math.min(high, start * CEILING)) - 1e-9);
  const bottom = Math.floor(Math.log10(low) + 1e-9) - (zeros ? 1 : 0);
  const domain = [Math.max(Math.min(bottom, top - 1), Math.log10(FLOOR)), top] as const;
  return {
    log: true,
    domain: [10 ** domain[0], 10 ** domain[1]],
    unit: 1,
    ticks: decades(domain[0], domain[1], Math.max(2, Math.floor(height / 40))).map((e) => 10 ** e),
    label: yLabels[name],
    tickText: (tick) => formatPower(Math.round(Math.log10(tick))),
  };
}

/**
 * The axis that errors are drawn against: logarithmic if the longest run would squeeze the shortest (factor 8), else linear from 0.
 * @param lines each run's values, ascending
 */
export function costAxis(lines: readonly (readonly number[])[], name: XAxis, width: number): Axis {
  const ends = lines.map((line) => line.at(-1) ?? 0).filter((end) => end > 0);
  const most = Math.max(2, Math.floor(width / 70));
  const end = ends.length ? Math.max(...ends) : 1;
  const log = end / Math.min(...ends) > 8;
  const high = end * (log ? 1.15 : 1.02); // so that a marker at the end stands free
  if (log) {
    const firsts = lines.map((line) => line.find((x) => x > 0) ?? high);
    // the first rounds of a long run say little: the shortest run gets less than two decades
    const domain = [Math.log10(Math.max(Math.min(...firsts), Math.min(...ends) / 50)), Math.log10(high)] as const;
    return {
      log,
      domain: [10 ** domain[0], high],
      unit: 1,
      ticks: decades(domain[0], domain[1], most).map((e) => 10 ** e),
      label: xLabels[name],
      tickText: (tick) => formatPower(Math.round(Math.log10(tick))),
    };
  }
  const exponent =
    high >= 1e4 ? 3 * Math.floor(Math.log10(high) / 3) : high < 1e-2 ? 3 * Math.floor(Math.log10(high) / 3) : 0;
  const unit = 10 ** exponent;
  const step = niceStep(high / unit, most);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    log,
    domain: [0, high / unit],
    unit,
    ticks: Array.from({ length: Math.floor(high / unit / step + 1e-9) + 1 }, (_, i) => i * step),
    label: exponent === 0 ? xLabels[name] : `${xLabels[name]} (\u00d7${formatPower(exponent)})`,
    tickText: (tick) => tick.toFixed(digits),
  };
}

/** The least of 1, 2, 5 times a power of ten that cuts 0..high into fewer than `most` pieces. */
function niceStep(high: number, most: number): number {
  const rough = high / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10) * power;
}

/** A point's place on an axis as a share of its length, 0 at the low end; values outside fall outside 0..1. */
export function share(axis: Axis, value: number): number {
  const [low, high] = axis.domain;
  const at = value / axis.unit;
  return axis.log ? Math.log(at / low) / Math.log(high / low) : (at - low) / (high - low);
}

export const metric = (point: TracePoint, axis: XAxis | YAxis): number => point[axis] ?? Number.NaN;
