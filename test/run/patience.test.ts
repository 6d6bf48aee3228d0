import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Patience } from "../../src/run/patience.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

/** An exchange whose last answer comes after so many milliseconds, closed after the wait. */
function exchange(patience: Patience, round: number, heardAfter: number): void {
  patience.begin({ round, exchange: 0 });
  vi.advanceTimersByTime(heardAfter);
  patience.heard();
  vi.advanceTimersByTime(Math.max(0, patience.wait - heardAfter));
  patience.settle();
}

test("a worker that never answers does not make rounds longer and longer", () => {
  const patience = new Patience({ first: 1000, least: 20 });
  expect(patience.wait).toBe(1000);
  for (let round = 0; round < 40; ++round) exchange(patience, round, 10);
  expect(patience.wait).toBe(20);
});

test("a slow one is waited for in the end", () => {
  const patience = new Patience({ first: 100, least: 20 });
  for (let round = 0; round < 20; ++round) exchange(patience, round, 10);
  let waited = 0;
  for (let round = 20; round < 220; ++round) {
    patience.begin({ round, exchange: 0 });
    vi.advanceTimersByTime(10);
    patience.heard();
    patience.late({ round: round - 3, exchange: 0 }); // an old one teaches nothing
    if (patience.wait >= 200) {
      waited += 1;
      vi.advanceTimersByTime(190);
      patience.heard();
      patience.settle();
      continue;
    }
    vi.advanceTimersByTime(patience.wait);
    patience.settle();
    patience.begin({ round: round + 0.5, exchange: 0 });
    vi.advanceTimersByTime(Math.max(0, 200 - patience.wait));
    patience.late({ round, exchange: 0 });
    const { wait } = patience;
    patience.late({ round, exchange: 0 }); // once
    expect(patience.wait).toBe(wait);
    patience.settle();
  }
  expect(waited).toBeGreaterThan(10);
});

test("no answers at all: twice as long each time, to the limit", () => {
  const patience = new Patience({ first: 100, most: 700 });
  const waits = Array.from({ length: 5 }, () => {
    patience.fail();
    return patience.wait;
  });
  expect(waits).toEqual([200, 400, 700, 700, 700]);
});
