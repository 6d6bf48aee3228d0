/** The contract of compressors; part of contracts.ts, from which everyone imports it. */
import type { Bytes, Vec } from "../../bindings/arena.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { State } from "./contracts.ts";
import type { Rng } from "./rng.ts";

/** What is proven of a compressor C on R^d; each bound holds for every input. */
export interface Constants {
  /** Unbiased: E C(x) = x and E|C(x) - x|^2 <= omega |x|^2. */
  omega?: number;
  /** Contractive: E|C(x) - x|^2 <= (1 - delta)|x|^2, delta in (0, 1]. */
  delta?: number;
  /** Classes of Beznosikov et al.: B1 (alpha, beta), B2 (gamma, beta), B3 (delta_B). */
  B1?: readonly [alpha: number, beta: number];
  B2?: readonly [gamma: number, beta: number];
  B3?: number;
  /** Bias and variance (EF-BV): |E C(x) - x| <= eta |x|, E|C(x) - E C(x)|^2 <= variance |x|^2. */
  eta?: number;
  variance?: number;
  /** E|C(x) - x|^2 <= absolute, whatever x. */
  absolute?: number;
  /** What is stated holds while all |x_i| <= range; everywhere if absent. */
  range?: number;
  /** Unscaled signs: C(0) need not be 0. */
  raw?: true;
  /** Three-point maps: E|C_{h,y}(x) - x|^2 <= (1 - A)|h - y|^2 + B|x - y|^2. */
  threePoint?: readonly [A: number, B: number];
}

/** A compressor for vectors of one dimension and element type. Its payload is the only form of C(x). */
export interface Compressor {
  /** Canonical text; parsing it for the same d rebuilds the compressor. */
  readonly spec: string;
  readonly dim: number;
  readonly omega?: number;
  readonly delta?: number;
  readonly constants: Constants;
  /** Longest payload in bytes. */
  readonly maxBytes: number;
  /** Set iff every payload has exactly `maxBytes` bytes: then frames carry no length for it. */
  readonly fixedBytes?: true;
  /**
   * Writes the payload of C(x) at `out` and returns its length in bytes. x is not modified.
   * @throws RangeError naming the first entry that is not finite; nothing the caller can see has changed then
   */
  encode(x: Vec, rng: Rng, out: Bytes): number;
  /** @throws WireError unless `payload` is one that `encode` can write. */
  check(payload: Bytes): void;
  /** acc += scale * C(x), straight from the payload, which is checked first: after a WireError acc is unchanged. */
  addTo(payload: Bytes, scale: number, acc: Vec): void;
  /**
   * E|C(y) - y|_L^2 <= weighted(L) |y|^2 for unbiased compressors, |v|_L^2 = v'Lv; omega lambda_max(L) always holds, so
   * this is there where the errors of entries are known to be independent or their covariance is known.
   */
  weighted?(form: QuadraticForm): number;
  /**
   * Of smoothness-aware compressors, L the sender's smoothness matrix, g in its range: E C(g) = g and
   * E|C(g) - g|^2 <= scriptL |g|^2 in the norm of L^+, while in that norm C is in U(omega). `largest`: lambda_max(L).
   */
  readonly smooth?: { readonly scriptL: number; readonly omega: number; readonly largest: number };
  /** What a receiver must be told once, besides payloads, to read them: set-up traffic. */
  readonly setupBytes?: number;
  /** `encode` depends on the messages before: not to be shared by several vectors. Set for all that ask for `env.state`. */
  readonly stateful?: true;
  /** Where a payload's sign plane begins, bit i set iff entry i counts as negative: for votes. */
  readonly signs?: number;
  /**
   * Three-point maps in a slot: from now on `encode(x)` writes what moves h to C_{h,y}(x), so that `addTo(payload, 1, h)`
   * moves it. Called once, by the worker; h and y are read at every message. `common`: a stream equal on all nodes.
   */
  readonly bind?: (h: Vec, y: Vec, common: Rng) => void;
  /** Sparsifiers with a fixed k: which entries and their values apart, so that another compressor may carry the values. */
  readonly split?: Split;
  /** Compressors that send a level or an exponent for every entry: those apart, so that an entropy coder may carry them. */
  readonly symbols?: Symbols;
}

/** A message as a head of few bytes and a symbol for every entry. `C(x)` is the same as by `Compressor.encode`. */
export interface Symbols {
  /** u16 each, in the compressor's scratch. */
  readonly ptr: number;
  readonly count: number;
  /** Symbols are below this even number, at most 65536. */
  readonly alphabet: number;
  /** Every head has so many bytes. */
  readonly headBytes: number;
  /** Writes head and symbols. @throws as `Compressor.encode` */
  encode(x: Vec, rng: Rng, head: Bytes): void;
  /** Writes the payload of the head and symbols encoded last at `out`, and returns its length. */
  pack(head: Bytes, out: Bytes): number;
  /** @throws WireError unless `encode` can write this head and the symbols in memory, which are below `alphabet` */
  check(head: Bytes): void;
  /** acc += scale * C(x) of a head and symbols that `check` let pass. */
  addTo(head: Bytes, scale: number, acc: Vec): void;
}

/** |v|_L^2 = v'Lv, L symmetric and positive semidefinite. */
export interface QuadraticForm {
  readonly dim: number;
  readonly diagonal: Float64Array;
  /** Largest eigenvalue of `on` diag(L) + `off` (L - diag(L)). */
  largest(on: number, off: number): number;
  /** The form on `length` entries from `from`. */
  block(from: number, length: number): QuadraticForm;
}

/** A sparsifier's message in two: the selection here, the k kept values in the caller's hands. */
export interface Split {
  readonly k: number;
  /** C(x)_i = gain * x_i for the kept entries. With gain 1 a sparsifier is a projection: <C(x), x> = |C(x)|^2. */
  readonly gain: number;
  /** Longest selection in bytes; payloads begin with it. */
  readonly maxBytes: number;
  /** Set iff every selection has exactly `maxBytes` bytes. */
  readonly fixedBytes?: true;
  /** Writes the selection at `out` and the kept entries of x, unscaled, into `values` (k elements); returns its length. */
  encode(x: Vec, rng: Rng, out: Bytes, values: Vec): number;
  /**
   * Reads the selection at the beginning of `payload` for `addTo`, and returns its length.
   * @throws WireError if the payload does not begin with one
   */
  read(payload: Bytes): number;
  /** acc += scale * values, placed by the selection read last; the caller includes the gain in the scale. */
  addTo(values: Vec, scale: number, acc: Vec): void;
}

/**
 * How an option's text is read: `spec` is a nested compressor in parentheses, `specs` several, `(a)+(b)`, `sizes`
 * integers, `100+20`, `choice:a|b` one of the words. Nested specs reach `create` with their defaults written out.
 */
export type OptionKind = "integer" | "number" | "spec" | "specs" | "sizes" | `choice:${string}`;

/** One compressor family: one file, one registry line, one test. */
export interface CompressorFactory<O extends object = object> {
  /** The field's own name, kebab-case. */
  readonly name: string;
  /** Number in messages, 1..65535; never reused. */
  readonly wireId: number;
  /** One sentence. */
  readonly summary: string;
  /** Paper, with the definition or theorem that states the constants. */
  readonly reference: string;
  /** Class and constants as formulas, for `thinwire list compressors`. */
  readonly formulas: string;
  /** Every option, in canonical order. */
  readonly options: Readonly<Record<string, OptionKind>>;
  readonly defaults: Readonly<O>;
  /** Specs to show and to measure at dimension `dim`; without it the bare name, or `ratio=0.1` where there is a ratio. */
  examples?(dim: number): readonly string[];
  /** An input on which a stated constant is reached with the default options, where the usual ones do not reach it. */
  worst?(dim: number): readonly number[];
  /** @throws RangeError for options out of range */
  create(options: O, env: CompressorEnv): Compressor;
}

export interface CompressorEnv {
  readonly ops: Ops;
  readonly dim: number;
  /** This worker and the number of workers, for compressors that differ between workers. */
  readonly worker: number;
  readonly workers: number;
  /**
   * The worker's smoothness matrix: f_i(x) <= f_i(y) + <grad f_i(y), x - y> + |x - y|_L^2/2. d numbers (diagonal) or d x d;
   * undefined where there is none.
   */
  smoothness?(): Float64Array | undefined;
  /**
   * What `encode` remembers from message to message; checkpoints and snapshots of codecs hold it. `addTo` needs none of it.
   * It may move with a message that is lost: receivers know nothing of it.
   */
  readonly state: State;
  /** Builds a nested compressor (of dimension `dim` unless another is given). */
  create(spec: string, dim?: number): Compressor;
}
