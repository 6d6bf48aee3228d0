import type { ExperimentSummary, RunSummary, StoppedBy, TracePoint } from "../../src/run/trace.ts";

export interface Kind {
  label: string;
  method?: string;
  /** Factor a round. */
  rate: number;
  /** Uplink bits a round. */
  bits: number;
  /** The error falls no further. */
  floor?: number;
  rounds?: number;
}

/** A made-up experiment: geometric errors, recorded every round. */
export function experiment(
  kinds: readonly Kind[],
  target: number | null = 1e-12,
): { summary: ExperimentSummary; trace: TracePoint[] } {
  const trace: TracePoint[] = [];
  const runs = kinds.map((kind, run) => {
    const points: TracePoint[] = [];
    let stoppedBy: StoppedBy = "rounds";
    for (let round = 0; round <= (kind.rounds ?? 1000) && stoppedBy === "rounds"; ++round) {
      const error = Math.max(kind.rate ** round, kind.floor ?? 0);
      points.push(point(run, round, round * kind.bits, error));
      if (error > 1e6) stoppedBy = "diverged";
      if (target !== null && error <= target) stoppedBy = "relativeError";
    }
    trace.push(...points);
    return runSummary(kind, points, stoppedBy);
  });
  const problem = { name: "ridge", dim: 300, workers: 10, rows: 1000, L: 2, Lmax: 3, mu: 0.01 };
  const rest = { version: "0.1.0", problem, backend: "wasm", transport: "loopback", seconds: 2 } as const;
  return { summary: { experiment: "made <up>", ...rest, target, runs }, trace };
}

export const point = (run: number, round: number, uplinkBits: number, relativeError: number): TracePoint => ({
  run,
  round,
  uplinkBits,
  uplinkCompressedBits: uplinkBits,
  downlinkBits: round * 9600,
  uplinkFramingBits: round * 64,
  downlinkFramingBits: round * 64,
  objective: relativeError,
  objectiveGap: relativeError,
  gradientNormSquared: relativeError,
  relativeError,
  gradients: round,
  seconds: round * 1e-3,
  simulatedSeconds: null,
});

function runSummary(kind: Kind, points: readonly TracePoint[], stoppedBy: StoppedBy): RunSummary {
  const { run: _, round: rounds, ...last } = points.at(-1)!;
  return {
    ...last,
    method: kind.method ?? "diana",
    compressor: "rand-k:k=30",
    compressors: { gradient: "rand-k:k=30" },
    label: kind.label,
    workers: 10,
    dim: 300,
    dtype: "f64",
    seed: 1,
    rounds,
    stoppedBy,
    stepSize: 0.125,
    stepSizeFormula: "1/L < 2/L",
    options: { gamma: 0.125, formula: "1/L", alpha: 0.1 },
    promise: "linear",
    secondsCodec: 0.1,
    secondsOracle: 0.8,
    secondsTransport: 0.1,
    setupBits: 0,
    serverMemory: 4800,
    workerMemory: 2400,
    bestRelativeError: Math.min(...points.map(({ relativeError }) => relativeError)),
    solution: "0123456789abcdef",
  };
}

export const five = () =>
  experiment([
    { label: "dgd", method: "dgd", rate: 0.95, bits: 19200 },
    { label: "diana rand-k:ratio=0.1", rate: 0.96, bits: 1952 },
    { label: "dcgd", rate: 0.95, bits: 1952, floor: 3e-3 },
    { label: "ef21 top-k", rate: 0.99, bits: 220, rounds: 600 },
    { label: "top-k, no feedback", rate: 1.2, bits: 220 },
  ]);
