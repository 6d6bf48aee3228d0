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

const definitions: Readonly<Record<string, (options: Options, dim: number) => Definition | undefined>> = {
  identity: () => (x) => x.slice(),
  zero: () => (x) => new Float64Array(x.length),
  /** The k largest magnitudes, the lower index first among equals. */
  "top-k": (options, dim) => (x) => {
    const order = Array.from(x.keys()).sort((i, j) => Math.abs(x[j]!) - Math.abs(x[i]!) || i - j);
    const out = new Float64Array(x.length);
    for (const i of order.slice(0, keptOf(options, dim))) out[i] = x[i]!;
    return out;
  },
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
