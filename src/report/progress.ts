/**
 * Live progress of a comparison: on a terminal one line that is written over (at most 10 times a second), elsewhere a
 * plain line every few seconds. Finished runs leave one line each. Writes nothing but text: no timers are left behind.
 */
import type { RunSummary, TracePoint } from "../run/trace.ts";
import { estimateSeconds, progressShare, type Sample, type StopRule } from "./eta.ts";
import { cut, formatBits, formatEta, formatInteger, formatScientific, formatSeconds, printable } from "./format.ts";
import { wantsColour } from "./table.ts";

export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What is known between records: errors may not be. A `TracePoint` is one. */
export type ProgressPoint = Pick<TracePoint, "round" | "uplinkBits"> &
  Partial<Pick<TracePoint, "relativeError" | "gradientNormSquared">>;

export interface ProgressOptions {
  /** Milliseconds, monotone; a test gives its own. */
  now?: () => number;
  env?: Readonly<Record<string, string | undefined>>;
}

export interface Progress {
  start(label: string, stop: StopRule): void;
  /** Cheap: most calls only store. `note`: more to show. */
  update(point: ProgressPoint, note?: string): void;
  finish(summary: RunSummary): void;
  /** Clears the unfinished line; may be called twice. */
  close(): void;
}

const LIVE_MS = 100;
const PLAIN_MS = 5000;
const SAMPLES = 256;
const BAR = 16;

export function createProgress(stream: ProgressStream, runs: number, options: ProgressOptions = {}): Progress {
  const now = options.now ?? (() => performance.now());
  const env = options.env ?? (globalThis.process?.env as ProgressOptions["env"]) ?? {};
  const live = stream.isTTY === true && env.TERM !== "dumb" && !env.CI;
  const colour = wantsColour(stream, env);
  const dim = (text: string) => (colour ? `\u001b[2m${text}\u001b[22m` : text);
  let index = 0;
  let label = "";
  let stop: StopRule = {};
  let samples: Sample[] = [];
  let error = Number.NaN;
  let began = 0;
  let shown = 0;
  let open = false;

  const head = () => `[${index}/${runs}] ${label}`;
  const clear = () => {
    if (open) stream.write("\r\u001b[2K");
    open = false;
  };
  /** Rounds without a known error must not hide the last one from the bar. */
  const show = (last: Sample, note: string | undefined) => {
    const sample = { ...last, relativeError: error };
    const figures = [
      `round ${formatInteger(sample.round)}`,
      formatBits(sample.uplinkBits),
      `error ${formatScientific(error)}`,
      `ETA ${formatEta(estimateSeconds(samples, stop))}`,
      ...(note === undefined ? [] : [note]),
    ].join("  ");
    if (!live) {
      stream.write(`${head()}: ${figures}\n`);
      return;
    }
    const room = (stream.columns ?? 80) - 1; // a full line would wrap
    const done = Math.round(BAR * progressShare(sample, stop));
    const bar = `${"#".repeat(done)}${".".repeat(BAR - done)}`;
    const name = cut(head(), Math.max(10, room - BAR - 4 - figures.length));
    const line = cut(`${name}  ${bar}  ${figures}`, room);
    stream.write(`\r\u001b[2K${line}`);
    open = true;
  };

  return {
    start(name, rule) {
      index += 1;
      label = printable(name);
      stop = rule;
      samples = [];
      error = Number.NaN;
      began = now();
      shown = live ? Number.NEGATIVE_INFINITY : began;
    },
    update(point, note) {
      const time = now();
      const { round, uplinkBits, relativeError = Number.NaN, gradientNormSquared = Number.NaN } = point;
      if (!Number.isNaN(relativeError)) error = relativeError;
      const sample = { seconds: (time - began) / 1000, round, uplinkBits, relativeError, gradientNormSquared };
      samples.push(sample);
      // every second one goes: the rest still spans the run evenly
      if (samples.length >= SAMPLES) samples = samples.filter((_, i) => i % 2 === 1);
      if (time - shown < (live ? LIVE_MS : PLAIN_MS)) return;
      shown = time;
      show(sample, note);
    },
    finish(run) {
      clear();
      const best = Number.isNaN(run.relativeError)
        ? `|grad f|^2 ${formatScientific(run.gradientNormSquared)}`
        : `error ${formatScientific(run.relativeError)}`;
      const figures = [
        `${formatInteger(run.rounds)} rounds`,
        formatBits(run.uplinkBits),
        best,
        formatSeconds(run.seconds),
      ];
      stream.write(`${head()}: ${figures.join(", ")} ${dim(`(${run.stoppedBy})`)}\n`);
    },
    close: clear,
  };
}
