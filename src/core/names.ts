/** Finds the names a misspelt one may have meant. */

const LONGEST = 64; // longer input is no typing slip, and the table below is quadratic

/** Edit distance with adjacent swaps counted once (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; ++i) {
    const row = [i];
    for (let j = 1; j <= b.length; ++j) {
      const differs = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + differs);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/**
 * Up to three known names within a third of the name's length in edits (at least one, ignoring case), or that
 * begin with it; nearest first, the order of `known` among equals. `nearest("featuers", ["features", "rows"])` is `["features"]`.
 */
export function nearest(name: string, known: readonly string[]): string[] {
  if (name.length === 0 || name.length > LONGEST) return [];
  const wanted = name.toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  return known
    .map((candidate) => {
      const other = candidate.toLowerCase();
      const prefix = wanted.length >= 3 && other.startsWith(wanted);
      const close = Math.abs(other.length - wanted.length) <= limit && other.length <= LONGEST;
      return { candidate, distance: prefix ? 1 : close ? editDistance(wanted, other) : Infinity };
    })
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** The end of an error about an unknown name: the near ones, or all known ones when nothing is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known).map((s) => `"${s}"`);
  return near.length > 0 ? `did you mean ${near.join(" or ")}?` : `known: ${known.join(", ")}`;
}
