/**
 * Deterministic compressors by their definitions, in the plainest form: what moments cannot see, which of two equal
 * entries is kept above all, is seen by comparing with these.
 */
import { parseSpec, splitSizes, splitSpecs } from "../compressors/spec.ts";

export type Definition = (x: Float64Array) => Float64Array;

type Options = ReadonlyMap<string, string>;

const keptOf = (options: Options, dim: number): number =>
  options.has("k") ? Number(options.get("k")) : Math.max(1, Math.round(Number(options.get("ratio")) * dim));

const norm2 = (x: Float64Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));

/** The k largest magnitudes, the lower index first among equals, after `carry`; 0 elsewhere. */
const onLargest =
  (k: number, carry: Definition): Definition =>
  (x) => {
    const order = Array.from(x.keys()).sort((i, j) => Math.abs(x[j]!) - Math.abs(x[i]!) || i - j);
    const kept = order.slice(0, k).sort((i, j) => i - j);
    const carried = carry(Float64Array.from(kept, (i) => x[i]!));
    const out = new Float64Array(x.length);
    for (const [j, i] of kept.entries()) out[i] = carried[j]!;
    return out;
  };

/** floor(lg v), v >= 0; of 0 something below every exponent. */
function exponentOf(v: number): number {
  if (v === 0) return -2000;
  let e = Math.max(-1074, Math.floor(Math.log2(v)));
  while (2 ** e > v) --e;
  while (e < 1023 && 2 ** (e + 1) <= v) ++e;
  return e;
}

function even(v: number): number {
  const low = Math.floor(v);
  const rest = v - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

const linearBook = (): number[] => Array.from({ length: 255 }, (_, j) => (j - 127) / 127);

/** 0, 1, and for i = 0..6 the middles of 2^i equal parts of [0.1, 1], times 10^(i - 6), with both signs. */
function dynamicBook(): number[] {
  const positive = Array.from({ length: 7 }, (_, i) =>
    Array.from({ length: 2 ** i }, (_, m) => (0.1 + (0.9 * (m + 0.5)) / 2 ** i) * 10 ** (i - 6)),
  ).flat();
  return [0, 1, ...positive, ...positive.map((t) => -t)].sort((a, b) => a - b);
}

const definitions: Readonly<Record<string, (options: Options, dim: number) => Definition | undefined>> = {
  identity: () => (x) => x.slice(),
  zero: () => (x) => new Float64Array(x.length),
  "top-k": (options, dim) => onLargest(keptOf(options, dim), (values) => values),
  sign: () => (x) => {
    const mean = x.reduce((sum, v) => sum + Math.abs(v), 0) / x.length;
    return x.map((v) => (v < 0 ? -mean : mean));
  },
  "raw-sign": () => (x) => x.map((v) => (v < 0 ? -1 : 1)),
  "one-bit": () => (x) => {
    const mean = (of: Float64Array): number => of.reduce((sum, v) => sum + v, 0) / (of.length || 1);
    const [minus, plus] = [mean(x.filter((v) => v < 0)), mean(x.filter((v) => !(v < 0)))];
    return x.map((v) => (v < 0 ? minus : plus));
  },
  "hard-threshold": (options, dim) => (x) => {
    const [relative, max] = [options.get("relative"), options.get("max")];
    const most = x.reduce((size, v) => Math.max(size, Math.abs(v)), 0);
    const threshold =
      relative !== undefined
        ? (Number(relative) * norm2(x)) / Math.sqrt(dim)
        : max !== undefined
          ? Number(max) * most
          : Number(options.get("absolute"));
    return x.map((v) => (Math.abs(v) >= threshold ? v : 0));
  },
  "sparse-dithering": (options, dim) => {
    if (options.get("mode") !== "deterministic") return undefined;
    const step = 2 * Math.sqrt(Number(options.get("nu")) / dim);
    return (x) => {
      const norm = norm2(x);
      const level = (v: number): number => Math.floor(Math.abs(v) / norm / step + 0.5);
      return x.map((v) => (norm === 0 ? 0 : Math.sign(v) * norm * step * level(v)));
    };
  },
  /** 16-bit floats: to the nearest multiple of the last place, ties to even, at most the largest finite number. */
  cast: (options) => {
    if (options.get("rounding") !== "nearest") return undefined;
    const [digits, least, most] = options.get("to") === "fp16" ? [10, -14, 65504] : [7, -126, (2 - 2 ** -7) * 2 ** 127];
    return (x) =>
      x.map((v) => {
        const place = 2 ** (Math.max(least, exponentOf(Math.abs(v))) - digits);
        return Math.sign(v) * Math.min(most, even(Math.abs(v) / place) * place);
      });
  },
  /** The nearest power of beta, the smaller one at a tie. */
  rounding: (options) => {
    if (options.get("mode") !== "biased") return undefined;
    const beta = Number(options.get("beta"));
    return (x) =>
      x.map((v) => {
        const size = Math.abs(v);
        if (size === 0) return 0;
        let low = 1;
        while (low > size) low /= beta;
        while (low * beta <= size) low *= beta;
        return Math.sign(v) * (size <= (low + low * beta) / 2 ? low : low * beta);
      });
  },
  /** The nearest number of the book times the largest magnitude of the block, the lower one at a tie. */
  "block-8bit": (options) => {
    if (options.get("rounding") !== "nearest") return undefined;
    const size = Number(options.get("block"));
    const book = options.get("book") === "linear" ? linearBook() : dynamicBook();
    return (x) =>
      x.map((v, i) => {
        const from = i - (i % size);
        const scale = x.slice(from, from + size).reduce((most, w) => Math.max(most, Math.abs(w)), 0);
        if (scale === 0) return 0;
        return scale * book.reduce((best, t) => (Math.abs(v / scale - t) < Math.abs(v / scale - best) ? t : best));
      });
  },
  entropy: (options, dim) => definitionOf(options.get("of")!, dim),
  composed: (options, dim) => {
    const { name, options: inner } = parseSpec(options.get("inner")!);
    if (name !== "top-k") return undefined;
    const k = keptOf(inner, dim);
    const outer = definitionOf(options.get("outer")!, k);
    return outer && onLargest(k, outer);
  },
  qsparse: (options, dim) => {
    const k = keptOf(options, dim);
    return options.get("mode") === "sign" ? onLargest(k, definitionOf("sign", k)!) : undefined;
  },
  scaled: (options, dim) => {
    const of = definitionOf(options.get("of")!, dim);
    return of && ((x) => of(x).map((v) => v * Number(options.get("by"))));
  },
  residual: (options, dim) => {
    const first = definitionOf(options.get("first")!, dim);
    const second = definitionOf(options.get("second")!, dim);
    if (!first || !second) return undefined;
    return (x) => {
      const one = first(x);
      const two = second(x.map((v, i) => v - one[i]!));
      return one.map((v, i) => v + two[i]!);
    };
  },
  block: (options, dim) => {
    const size = Number(options.get("size"));
    const count = Math.ceil(dim / size);
    const of = options.get("of")!;
    return pieces(Array.from({ length: count }, (_, i) => [of, Math.min(size, dim - i * size)]));
  },
  layers: (options) => {
    const given = options.has("specs") ? splitSpecs(options.get("specs")!) : undefined;
    return pieces(splitSizes(options.get("sizes")!).map((size, i) => [given?.[i] ?? options.get("of")!, size]));
  },
};

function pieces(parts: readonly (readonly [spec: string, size: number])[]): Definition | undefined {
  const made = parts.map(([spec, size]) => definitionOf(spec, size));
  if (made.includes(undefined)) return undefined;
  return (x) => {
    const out = new Float64Array(x.length);
    let from = 0;
    for (const [i, [, size]] of parts.entries()) {
      out.set(made[i]!(x.slice(from, from + size)), from);
      from += size;
    }
    return out;
  };
}

/** @param spec canonical; undefined for random compressors and those without a definition here */
export function definitionOf(spec: string, dim: number): Definition | undefined {
  const { name, options } = parseSpec(spec);
  return Object.hasOwn(definitions, name) ? definitions[name]!(options, dim) : undefined;
}
