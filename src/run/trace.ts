/** What a run leaves behind: one point per recorded round, one summary per run, one file of summaries per experiment. */

export interface TracePoint {
  /** Index of the run in the experiment file. */
  run: number;
  round: number;
  /** Payload and framing, mean per worker, bits since the start. */
  uplinkBits: number;
  downlinkBits: number;
  /** Of uplinkBits, the compressors' payloads: what papers count that leave dense shift messages out. */
  uplinkCompressedBits: number;
  uplinkFramingBits: number;
  downlinkFramingBits: number;
  /** f(x) + psi(x). */
  objective: number;
  /** f(x) + psi(x) less its least value. */
  objectiveGap: number;
  /** Of a run with a psi: of the gradient mapping (x - prox_{psi/L}(x - grad f(x)/L)) L. */
  gradientNormSquared: number;
  /** |x - x*|^2 / |x0 - x*|^2. */
  relativeError: number;
  /** Passes over a worker's rows, mean per worker. */
  gradients: number;
  /** Wall time of the rounds, evaluations for the trace left out. */
  seconds: number;
  /** On the network that the experiment describes; null if it describes none. */
  simulatedSeconds: number | null;
}

export type StoppedBy = "rounds" | "relativeError" | "uplinkBits" | "gradientNormSquared" | "diverged" | "interrupted";

export interface RunSummary extends Omit<TracePoint, "run" | "round"> {
  method: string;
  /** Spec of the slot `gradient`; "none" for methods that compress nothing. */
  compressor: string;
  /** Every slot. */
  compressors: Record<string, string>;
  label: string;
  /** What stood for the workers' gradients; absent where they were exact. */
  estimator?: { name: string } & Record<string, unknown>;
  /** Where it is not the mean. */
  aggregator?: string | ({ name: string } & Record<string, unknown>);
  /** psi, as canonical text; absent where there is none. Errors are then to the minimiser of f + psi. */
  prox?: string;
  /** Chance of a worker to take part in a round; absent where all do. */
  participation?: number;
  /** What average of the iterates the errors are of; absent: the last iterate. */
  average?: "uniform" | "weighted";
  workers: number;
  dim: number;
  dtype: "f32" | "f64";
  seed: number;
  rounds: number;
  stoppedBy: StoppedBy;
  stepSize: number;
  stepSizeFormula: string;
  /** Resolved options of the method. */
  options: Record<string, unknown>;
  promise: string;
  /** Shares of `seconds`: compressors, oracles, and the rest (frames, transport, waiting). */
  secondsCodec: number;
  secondsOracle: number;
  secondsTransport: number;
  /** Bytes of lasting memory: server, and mean per worker. */
  serverMemory: number;
  workerMemory: number;
  /** Smallest relative error seen. */
  bestRelativeError: number;
  /**
   * Sent once before the first round, mean per worker, not in uplinkBits: what smoothness-aware compressors need at the
   * server (L_i^1/2).
   */
  setupBits: number;
  /** XXH64 of x's bytes, 16 hexadecimal digits. */
  solution: string;
}

export interface ExperimentSummary {
  experiment: string;
  version: string;
  problem: {
    name: string;
    dim: number;
    workers: number;
    rows: number;
    L: number;
    Lmax: number;
    mu: number;
    /** The data set is not on this machine: a generated one of its shape took its place. */
    standIn?: true;
    [key: string]: unknown;
  };
  backend: "wasm" | "reference";
  transport: string;
  seconds: number;
  /** Relative error that the table compares at, if the experiment stops at one. */
  target: number | null;
  runs: RunSummary[];
}
