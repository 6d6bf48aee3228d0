/** Who talks to whom in a decentralised run, with symmetric doubly stochastic mixing weights. */

export interface Neighbourhood {
  readonly self: number;
  readonly neighbours: readonly { readonly id: number; readonly weight: number }[];
}

export const topologies = ["ring", "complete", "star", "torus", "path"] as const;
export type TopologyName = (typeof topologies)[number];

/** @throws RangeError if n does not fit (torus needs a rectangle of sides >= 3) */
export function topology(name: TopologyName, n: number): Neighbourhood[] {
  const sets = edges(name, n);
  // Metropolis-Hastings weights: 1/(1 + max degree of the two ends); doubly stochastic for every graph
  return sets.map((set) => {
    const neighbours = [...set]
      .sort((a, b) => a - b)
      .map((id) => ({ id, weight: 1 / (1 + Math.max(set.size, sets[id]!.size)) }));
    return { self: 1 - neighbours.reduce((sum, { weight }) => sum + weight, 0), neighbours };
  });
}

function edges(name: TopologyName, n: number): Set<number>[] {
  const sets = Array.from({ length: n }, () => new Set<number>());
  const join = (a: number, b: number) => {
    if (a === b) return;
    sets[a]!.add(b);
    sets[b]!.add(a);
  };
  if (name === "ring") for (let i = 0; i < n; ++i) join(i, (i + 1) % n);
  else if (name === "path") for (let i = 0; i + 1 < n; ++i) join(i, i + 1);
  else if (name === "star") for (let i = 1; i < n; ++i) join(0, i);
  else if (name === "complete") {
    for (let i = 0; i < n; ++i) for (let j = i + 1; j < n; ++j) join(i, j);
  } else {
    const rows = torusSide(n);
    const cols = n / rows;
    for (let i = 0; i < n; ++i) {
      const row = Math.floor(i / cols);
      join(i, row * cols + ((i + 1) % cols));
      join(i, (i + cols) % n);
    }
  }
  return sets;
}

function torusSide(n: number): number {
  for (let rows = Math.floor(Math.sqrt(n)); rows >= 3; --rows) if (n % rows === 0) return rows;
  throw new RangeError(`torus: the number of workers must be a product of two factors >= 3, got ${n}`);
}
