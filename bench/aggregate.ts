/** From the figures of several processes to medians with their spread. */
import type { Measured, Suite, Way } from "./case.ts";

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Result {
  readonly suite: Suite;
  readonly name: string;
  readonly elements: number;
  /** Bits of the message; of a round, payload that a worker sends. */
  readonly messageBits?: number;
  /** Nanoseconds an element (a round, for rounds) by way: medians and extremes of per-process medians. */
  readonly ns: Partial<Record<Way, Spread>>;
  /** Time over the time of a SIMD sum over the same vector. */
  readonly overSum?: Spread;
  /** How many times faster the library is than each other way. */
  readonly faster: Partial<Record<Exclude<Way, "sum" | "wasm">, Spread>>;
  /** Bytes that must be read or written, over the time. */
  readonly gbPerSecond: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Cases in the order of the first process. */
export function aggregate(processes: readonly (readonly Measured[])[]): Result[] {
  const [first = []] = processes;
  return first.map((one) => {
    const all = processes.flatMap((of) => of.filter(({ suite, name }) => suite === one.suite && name === one.name));
    const collect = (read: (m: Measured) => number | undefined): Spread | undefined => {
      const values = all.map(read).filter((v) => v !== undefined);
      return values.length === 0 ? undefined : spread(values);
    };
    const ns: Partial<Record<Way, Spread>> = {};
    const faster: Result["faster"] = {};
    for (const way of ["sum", "wasm", "plain", "reference", "naive"] as const) {
      const time = collect((m) => m.ns[way]);
      if (time) ns[way] = time;
      if (way === "sum" || way === "wasm") continue;
      const ratio = collect((m) => m.ratio[way]);
      if (ratio) faster[way] = ratio;
    }
    const overSum = one.suite === "rounds" ? undefined : collect((m) => m.ratio.sum);
    return {
      suite: one.suite,
      name: one.name,
      elements: one.elements,
      ...(one.messageBits !== undefined && { messageBits: one.messageBits }),
      ns,
      ...(overSum && { overSum }),
      faster,
      gbPerSecond: one.bytes / one.elements / ns.wasm!.median,
    };
  });
}
