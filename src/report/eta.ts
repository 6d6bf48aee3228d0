/** When a run will stop, guessed from the way it has gone so far. */

/** The limits of an experiment's `stop`. */
export interface StopRule {
  readonly rounds?: number;
  readonly relativeError?: number;
  readonly uplinkBits?: number;
  readonly gradientNormSquared?: number;
}

export interface Sample {
  /** Wall time since the run started. */
  readonly seconds: number;
  readonly round: number;
  readonly uplinkBits: number;
  readonly relativeError: number;
  readonly gradientNormSquared: number;
}

/**
 * Seconds until the first limit is met, or null if nothing can be said. Rounds and bits grow at their recent rate; errors
 * fall along the least-squares line of their logarithms, and give no guess while that line does not fall.
 * @param samples in the order of time; older ones than the second half of the elapsed time are left out
 */
export function estimateSeconds(samples: readonly Sample[], stop: StopRule): number | null {
  const last = samples.at(-1);
  if (!last) return null;
  const recent = samples.filter(({ seconds }) => seconds >= last.seconds / 2);
  const from = recent.length >= 2 ? recent : samples.slice(-2);
  const guesses = [
    growth(from, "round", stop.rounds),
    growth(from, "uplinkBits", stop.uplinkBits),
    decay(from, "relativeError", stop.relativeError),
    decay(from, "gradientNormSquared", stop.gradientNormSquared),
  ].filter((guess) => guess !== null);
  return guesses.length > 0 ? Math.min(...guesses) : null;
}

function growth(samples: readonly Sample[], key: "round" | "uplinkBits", limit: number | undefined): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (limit === undefined || !first || !last) return null;
  const left = limit - last[key];
  if (left <= 0) return 0;
  const rate = (last[key] - first[key]) / (last.seconds - first.seconds);
  return rate > 0 && Number.isFinite(rate) ? left / rate : null;
}

function decay(
  samples: readonly Sample[],
  key: "relativeError" | "gradientNormSquared",
  limit: number | undefined,
): number | null {
  if (limit === undefined || !(limit > 0)) return null;
  const last = samples.at(-1);
  if (last && last[key] <= limit) return 0;
  const usable = samples.filter((s) => s[key] > 0 && Number.isFinite(s[key]));
  if (usable.length < 3) return null;
  const n = usable.length;
  const meanT = usable.reduce((sum, s) => sum + s.seconds, 0) / n;
  const meanE = usable.reduce((sum, s) => sum + Math.log(s[key]), 0) / n;
  let covariance = 0;
  let variance = 0;
  for (const s of usable) {
    covariance += (s.seconds - meanT) * (Math.log(s[key]) - meanE);
    variance += (s.seconds - meanT) ** 2;
  }
  const slope = covariance / variance;
  if (!(slope < 0)) return null;
  const now = meanE + slope * (usable.at(-1)!.seconds - meanT);
  return Math.max(0, (Math.log(limit) - now) / slope);
}

/** How far towards the nearest limit, 0..1: in rounds and bits by count, in errors by logarithm. */
export function progressShare(sample: Sample, stop: StopRule): number {
  const ratio = (value: number, limit: number | undefined) => (limit === undefined ? 0 : value / limit);
  const log = (value: number, limit: number | undefined) =>
    limit === undefined || !(limit > 0 && limit < 1 && value > 0) ? 0 : Math.log(Math.min(value, 1)) / Math.log(limit);
  const share = Math.max(
    ratio(sample.round, stop.rounds),
    ratio(sample.uplinkBits, stop.uplinkBits),
    log(sample.relativeError, stop.relativeError),
  );
  return Math.min(1, Math.max(0, share));
}
