/** Measures cases in one process, with mitata. Runs in Node and in a page. */
import { measure } from "mitata";
import { type Case, type ChildSettings, type Measured, type Way, ways } from "./case.ts";
import { cases } from "./suite.ts";

/** Short calls are batched to samples of this length, so that the clock's resolution does not show. */
const SAMPLE_NS = 200_000;
const SLOW: ReadonlySet<Way> = new Set(["reference", "naive"]);

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

interface Budget {
  passes: number;
  /** Time of one way in one pass. */
  passNs: number;
  warmNs: number;
}

const budget = (quick: boolean): Budget =>
  quick ? { passes: 1, passNs: 2e6, warmNs: 2e6 } : { passes: 5, passNs: 15e6, warmNs: 60e6 };

const now = (): number => performance.now() * 1e6;

/** Calls until the engine has compiled its best code; returns the time of one call. */
function warm(run: () => unknown, time: number): number {
  const start = now();
  let calls = 0;
  let last = start;
  do {
    const before = last;
    run();
    last = now();
    calls += 1;
    if (last - before > time) break;
  } while (last - start < time);
  return (last - start) / calls;
}

/** Median time of a call in nanoseconds. */
async function time(run: () => unknown, call: number, passNs: number): Promise<number> {
  const batch = 4 * Math.max(1, Math.round(SAMPLE_NS / Math.max(call, 1) / 4));
  const { p50 } = await measure(run, {
    gc: false,
    min_samples: call > passNs ? 1 : 5,
    min_cpu_time: passNs,
    batch_samples: batch,
    batch_threshold: SAMPLE_NS / 4,
    warmup_samples: 1,
  });
  return p50;
}

/** The ways of one case in turn, several times over: a change of the processor's speed meets all of them. */
async function measureCase(built: Case, { passes, passNs, warmNs }: Budget): Promise<Pick<Measured, "ns" | "ratio">> {
  const present = ways.filter((way) => built.ways[way] !== undefined);
  const calls = new Map(present.map((way) => [way, warm(built.ways[way]!.run, warmNs)]));
  const samples = new Map<Way, number[]>(present.map((way) => [way, []]));
  for (let pass = 0; pass < passes; ++pass) {
    for (const way of present) {
      if (SLOW.has(way) && pass > 0) continue;
      const { run, elements = built.elements } = built.ways[way]!;
      samples.get(way)!.push((await time(run, calls.get(way)!, passNs)) / elements);
    }
  }
  const ns: Partial<Record<Way, number>> = {};
  const ratio: Partial<Record<Way, number>> = {};
  const own = samples.get("wasm")!;
  for (const [way, values] of samples) {
    ns[way] = median(values);
    if (way !== "wasm") ratio[way] = median(values.map((v, pass) => (way === "sum" ? own[pass]! / v : v / own[pass]!)));
  }
  return { ns, ratio };
}

/** All cases asked for, begun at a place that depends on the process. */
export async function measureAll(
  settings: ChildSettings,
  tick?: (name: string, done: number, all: number) => void,
): Promise<Measured[]> {
  const { suites, size, dtype, distribution, quick, only = "", names, index } = settings;
  const asked = cases.filter(
    ({ suite, name }) => suites.includes(suite) && name.includes(only) && (names?.includes(name) ?? true),
  );
  const start = asked.length === 0 ? 0 : (index * 7) % asked.length;
  const order = [...asked.slice(start), ...asked.slice(0, start)];
  if (index % 2) order.reverse();
  const out: Measured[] = [];
  for (const [i, { suite, name, build }] of order.entries()) {
    tick?.(name, i, order.length);
    const built = await build({ n: 2 ** size, dtype, distribution, slow: index === 0 });
    const { elements, bytes, messageBits } = built;
    const figures = await measureCase(built, budget(quick));
    out.push({ suite, name, elements, bytes, ...(messageBits !== undefined && { messageBits }), ...figures });
  }
  return out.sort((a, b) => asked.findIndex((c) => key(c) === key(a)) - asked.findIndex((c) => key(c) === key(b)));
}

const key = ({ suite, name }: { suite: string; name: string }): string => `${suite} ${name}`;
