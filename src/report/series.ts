/** What a trace says of each run: bits to a target, whether it stalls, and the few points that a plot needs. */
import type { ExperimentSummary, RunSummary, TracePoint } from "../run/trace.ts";

/** What runs are compared by: every uplink bit, or those of compressors only. */
export type Cost = "uplinkBits" | "uplinkCompressedBits";

/** By what a table compares runs beside a figure with this axis. */
export const costOf = (x?: string): Cost => (x === "uplinkCompressedBits" ? x : "uplinkBits");

/** How a run relates to the target of the experiment. */
export type Outcome =
  | { readonly kind: "reached"; readonly point: Pick<TracePoint, "round" | Cost | "relativeError"> }
  | { readonly kind: "stalls" | "stops" | "diverges"; readonly error: number };

/** The recorded points of each run, in the order of the rounds. */
export function byRun(trace: readonly TracePoint[], runs: number): TracePoint[][] {
  const out = Array.from({ length: runs }, (): TracePoint[] => []);
  for (const point of trace) out[point.run]?.push(point);
  for (const points of out) points.sort((a, b) => a.round - b.round);
  return out;
}

/** The first recorded point at or below the target, or how the run ended instead. */
export function outcome(run: RunSummary, points: readonly TracePoint[], target: number): Outcome {
  const hit = points.find(({ relativeError }) => relativeError <= target);
  if (hit) return { kind: "reached", point: hit };
  if (run.relativeError <= target) return { kind: "reached", point: { ...run, round: run.rounds } };
  const error = run.bestRelativeError;
  if (run.stoppedBy === "diverged") return { kind: "diverges", error };
  return { kind: stalls(points) ? "stalls" : "stops", error };
}

/**
 * Whether the last third of the points brought the error down by less than a tenth: the run has arrived, and more rounds
 * would not help. Fewer than 12 points say nothing.
 */
export function stalls(points: readonly TracePoint[]): boolean {
  if (points.length < 12) return false;
  const from = Math.floor((points.length * 2) / 3);
  const lowest = (part: readonly TracePoint[]) =>
    part.reduce(
      (best, p) => Math.min(best, Number.isNaN(p.relativeError) ? best : p.relativeError),
      Number.POSITIVE_INFINITY,
    );
  return lowest(points.slice(from)) > 0.9 * lowest(points.slice(0, from));
}

/** The run that savings are counted against: the first one of gradient descent without compression. */
export const baselineOf = ({ runs }: ExperimentSummary): number => runs.findIndex(({ method }) => method === "dgd");

/**
 * At most four points for each of `buckets` equal steps of x: the first, the lowest, the highest and the last, in their
 * order, so that the drawn line has every extreme of the full one. Points ascend in x.
 */
export function thin<P extends { readonly x: number; readonly y: number }>(points: readonly P[], buckets: number): P[] {
  if (points.length <= 4 * buckets) return [...points];
  const left = points[0]!.x;
  const width = (points.at(-1)!.x - left) / buckets;
  const kept: P[] = [];
  for (let from = 0; from < points.length; ) {
    const bucket = bucketOf(points[from]!.x);
    let low = from;
    let high = from;
    let to = from;
    while (to < points.length && bucketOf(points[to]!.x) === bucket) {
      if (points[to]!.y < points[low]!.y) low = to;
      if (points[to]!.y > points[high]!.y) high = to;
      to += 1;
    }
    for (const i of new Set([from, Math.min(low, high), Math.max(low, high), to - 1])) kept.push(points[i]!);
    from = to;
  }
  return kept;

  function bucketOf(x: number): number {
    return width > 0 ? Math.min(buckets - 1, Math.floor((x - left) / width)) : 0;
  }
}
