/** The experiment file: its shape, its defaults, and errors that name key, rule, value and the near names. */
import * as v from "valibot";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { topologies } from "./topology.ts";

const positive = v.pipe(v.number(), v.gtValue(0, "must be > 0"));
const count = v.pipe(v.number(), v.integer("must be an integer"), v.minValue(1, "must be >= 1"));
const chance = v.pipe(positive, v.maxValue(1, "must be <= 1"));
const record = v.record(v.string(), v.unknown());

const law = v.union([
  v.pipe(v.number(), v.minValue(0)),
  v.strictObject({ lognormal: v.strictObject({ median: positive, sigma: v.pipe(v.number(), v.minValue(0)) }) }),
  v.strictObject({ values: v.pipe(v.array(v.pipe(v.number(), v.minValue(0))), v.minLength(1)) }),
]);
const link = v.strictObject({ bandwidth: v.optional(positive), latency: v.optional(law) });
const network = v.strictObject({
  compute: v.optional(v.union([law, v.array(law)])),
  uplink: v.optional(link),
  downlink: v.optional(link),
});

const run = v.strictObject({
  method: v.string(),
  /** The slot `gradient`. */
  compressor: v.optional(v.string()),
  /** Named slots, or one spec per worker for the slot `gradient`. */
  compressors: v.optional(
    v.union([v.array(v.string()), v.record(v.string(), v.union([v.string(), v.array(v.string())]))]),
  ),
  /** What stands for the workers' gradients: a name, or a name with options. */
  estimator: v.optional(v.union([v.string(), v.looseObject({ name: v.string() })])),
  /** The estimator's option `batch`. */
  batch: v.optional(count),
  /** What the server makes of the workers' vectors, where it is not their mean: a name, or a name with options. */
  aggregator: v.optional(v.union([v.string(), v.looseObject({ name: v.string() })])),
  label: v.optional(v.string()),
  options: v.optional(record),
  /** psi of f + psi: "l1:lambda=1e-3", or a name with options. */
  prox: v.optional(v.union([v.string(), v.looseObject({ name: v.string() })])),
  /** Chance of a worker to take part in a round: of round(p n) workers, or of each on its own. */
  participation: v.optional(v.union([chance, v.strictObject({ independent: chance })])),
  /** The output is the average of the iterates. */
  average: v.optional(v.picklist(["uniform", "weighted"])),
  topology: v.optional(v.picklist(topologies)),
  network: v.optional(network),
  seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** Overrides the experiment's. */
  stop: v.optional(
    v.strictObject({
      rounds: v.optional(count),
      relativeError: v.optional(positive),
      uplinkBits: v.optional(positive),
      gradientNormSquared: v.optional(positive),
    }),
  ),
});

export const experimentSchema = v.strictObject({
  $schema: v.optional(v.string()),
  description: v.optional(v.string()),
  problem: v.looseObject({
    name: v.string(),
    data: v.optional(record),
    split: v.optional(v.union([v.picklist(["even", "sorted", "contiguous"]), v.array(count)])),
  }),
  workers: v.optional(count),
  dtype: v.optional(v.picklist(["f32", "f64"]), "f64"),
  seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  start: v.optional(
    v.union([
      v.strictObject({ normal: positive }),
      v.strictObject({ constant: v.number() }),
      v.strictObject({ optimumPlus: v.number() }),
      v.array(v.number()),
    ]),
  ),
  transport: v.optional(v.picklist(["loopback", "threads"]), "loopback"),
  threads: v.optional(count),
  backend: v.optional(v.picklist(["wasm", "reference"]), "wasm"),
  /** Whether the server keeps each worker's shift, so that workers can be welcomed back; sums are taken in another order. */
  resync: v.optional(v.boolean()),
  record: v.optional(count, 1),
  stop: run.entries.stop,
  /** Which constants of the problem the step sizes are computed from, where a problem offers a choice. */
  smoothness: v.optional(v.string()),
  topology: v.optional(v.picklist(topologies)),
  network: v.optional(network),
  /** What the figure shows: columns of a trace. */
  plot: v.optional(
    v.strictObject({
      x: v.optional(
        v.picklist(["uplinkBits", "uplinkCompressedBits", "round", "seconds", "simulatedSeconds", "gradients"]),
      ),
      y: v.optional(v.picklist(["relativeError", "objectiveGap", "gradientNormSquared"])),
    }),
  ),
  runs: v.pipe(v.array(run), v.minLength(1, "must have at least one run")),
});

export type Experiment = v.InferOutput<typeof experimentSchema>;
export type RunSpec = Experiment["runs"][number];
export type StopSpec = NonNullable<RunSpec["stop"]>;

/** @throws UsageError with one line per fault */
export function parseExperiment(value: unknown): Experiment {
  const result = v.safeParse(experimentSchema, value);
  if (result.success) return result.output;
  throw new UsageError(result.issues.map((issue) => describe(issue)).join("\n"));
}

type Issue = v.BaseIssue<unknown>;

function describe(issue: Issue): string {
  const path = issue.path?.map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("") ?? "";
  const where = `experiment${path}`;
  if (issue.type === "strict_object" && issue.expected === "never") {
    const item = issue.path?.at(-1);
    const known = Object.keys(entriesAt(issue.path?.slice(0, -1) ?? []) ?? {});
    return `${where}: unknown key "${String(item?.key)}"; ${suggestion(String(item?.key), known)}`;
  }
  if (issue.type === "union" && issue.issues?.length) {
    return `${where}: must be one of: ${issue.expected}, got ${show(issue.input)}`;
  }
  if (issue.received === "undefined") return `${where}: is missing, must be ${issue.expected}`;
  const rule = issue.expected ? `must be ${issue.expected}` : issue.message;
  return `${where}: ${rule}, got ${show(issue.input)}`;
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** The entries of the object schema at a path. */
function entriesAt(path: readonly { key: unknown }[]): Record<string, unknown> | undefined {
  let schema: unknown = experimentSchema;
  for (const { key } of path) {
    schema = unwrap(schema);
    const { entries, item } = schema as { entries?: Record<string, unknown>; item?: unknown };
    schema = entries ? entries[String(key)] : item;
  }
  return (unwrap(schema) as { entries?: Record<string, unknown> })?.entries;
}

/** The schema behind `optional`. */
function unwrap(schema: unknown): unknown {
  let at = schema as { type?: string; wrapped?: unknown };
  while (at?.wrapped !== undefined) at = at.wrapped as typeof at;
  return at;
}
