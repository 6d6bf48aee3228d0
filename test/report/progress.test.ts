import { expect, test } from "vitest";
import { estimateSeconds, progressShare, type Sample } from "../../src/report/eta.ts";
import { createProgress } from "../../src/report/progress.ts";
import { five, point } from "./support.ts";

const samples = (n: number, error: (i: number) => number, secondsARound = 0.01): Sample[] =>
  Array.from({ length: n }, (_, i) => ({
    seconds: i * secondsARound,
    round: i,
    uplinkBits: 100 * i,
    relativeError: error(i),
    gradientNormSquared: error(i),
  }));

test("by rounds and bits: what is left at the recent rate", () => {
  const s = samples(101, () => 1);
  expect(estimateSeconds(s, { rounds: 1100 })).toBeCloseTo(10, 9);
  expect(estimateSeconds(s, { uplinkBits: 20_000 })).toBeCloseTo(1, 9);
  expect(estimateSeconds(s, { rounds: 1100, uplinkBits: 20_000 })).toBeCloseTo(1, 9);
  expect(estimateSeconds(s, { rounds: 50 })).toBe(0);
});

test("by error: the line of its logarithm, through noise", () => {
  const exact = samples(200, (i) => 0.9 ** i);
  const left = Math.log(1e-20) / Math.log(0.9) - 199;
  expect(estimateSeconds(exact, { relativeError: 1e-20 })).toBeCloseTo(left * 0.01, 6);
  const noisy = samples(400, (i) => 0.95 ** i * (1 + 0.5 * Math.sin(i * i)));
  const guess = estimateSeconds(noisy, { relativeError: 1e-20 })!;
  expect(guess / (0.01 * (Math.log(1e-20) / Math.log(0.95) - 399))).toBeCloseTo(1, 1);
  expect(estimateSeconds(exact, { gradientNormSquared: 1e-20 })).toBeCloseTo(left * 0.01, 6);
});

test("an error that does not fall gives no guess, so rounds do", () => {
  const flat = samples(100, () => 0.003);
  expect(estimateSeconds(flat, { relativeError: 1e-12 })).toBeNull();
  expect(estimateSeconds(flat, { relativeError: 1e-12, rounds: 199 })).toBeCloseTo(1, 9);
  expect(
    estimateSeconds(
      samples(50, (i) => 2 ** i),
      { relativeError: 1e-12 },
    ),
  ).toBeNull();
});

test("nothing, or too little, is no ground for a guess", () => {
  expect(estimateSeconds([], { rounds: 10 })).toBeNull();
  expect(
    estimateSeconds(
      samples(1, () => 1),
      { rounds: 10, relativeError: 1e-3 },
    ),
  ).toBeNull();
  expect(
    estimateSeconds(
      samples(9, () => 1),
      {},
    ),
  ).toBeNull();
  expect(
    estimateSeconds(
      samples(9, () => Number.NaN),
      { relativeError: 1e-3 },
    ),
  ).toBeNull();
  const still = samples(9, (i) => 0.5 ** i, 0);
  expect(estimateSeconds(still, { rounds: 100, relativeError: 1e-9 })).toBeNull();
});

test("the bar follows the nearest limit", () => {
  const [s] = samples(1, () => 1e-5);
  expect(progressShare({ ...s!, round: 30 }, { rounds: 100 })).toBeCloseTo(0.3);
  expect(progressShare(s!, { relativeError: 1e-10, rounds: 100 })).toBeCloseTo(0.5);
  expect(progressShare({ ...s!, relativeError: 1e3 }, { relativeError: 1e-10 })).toBe(0);
  expect(progressShare({ ...s!, relativeError: Number.NaN }, { relativeError: 1e-10 })).toBe(0);
});

/** Plays `rounds` rounds of 10 ms each into a stream. */
function play(stream: { isTTY?: boolean; columns?: number }, rounds: number) {
  const written: string[] = [];
  let time = 0;
  const env = { TERM: "xterm" };
  const progress = createProgress({ ...stream, write: (text: string) => written.push(text) }, 2, {
    now: () => time,
    env,
  });
  progress.start("diana \u001b[31m rand-k", { rounds });
  for (let round = 1; round <= rounds; ++round) {
    time += 10;
    progress.update(
      round % 10 === 0 ? point(0, round, 100 * round, 0.99 ** round) : { round, uplinkBits: 100 * round },
    );
  }
  progress.finish(five().summary.runs[1]!);
  progress.close();
  return written;
}

test("off a terminal: a plain line every five seconds and one at the end", () => {
  const written = play({}, 2000);
  expect(written).toHaveLength(4 + 1);
  expect(written[0]).toBe("[1/2] diana  [31m rand-k: round 500  50.0 kbit  error 6.6e-3  ETA 15 s\n");
  expect(written.join("")).not.toContain("\u001b");
});

test("on a terminal: one line that fits, ten times a second, cleared at the end", () => {
  const written = play({ isTTY: true, columns: 80 }, 300);
  const live = written.filter((text) => text.startsWith("\r\u001b[2K["));
  expect(live.length).toBeGreaterThanOrEqual(28);
  expect(live.length).toBeLessThanOrEqual(31);
  for (const text of live) {
    expect(text).not.toContain("\n");
    expect(text.length - "\r\u001b[2K".length).toBeLessThan(80);
  }
  expect(written.at(-2)).toBe("\r\u001b[2K");
  expect(written.at(-1)).toMatch(/rounds.*\(relativeError\)/);
});
