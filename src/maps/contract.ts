/**
 * Three-point maps: how a kept estimate h of a gradient follows it from y to x. Not a plugin.
 *
 *   E|C_{h,y}(x) - x|^2 <= (1 - A)|h - y|^2 + B|x - y|^2
 *
 * In use, h = g_i is what sender and receiver hold, y = grad f_i(x^k) and x = grad f_i(x^{k+1}); h <- C_{h,y}(x).
 * A payload holds C_{h,y}(x) - h, so that a receiver may keep the mean of the h_i alone.
 * Source: Richtarik, Sokolov, Gasanov, Fatkhullin, Li and Gorbunov, 3PC, arXiv 2202.00998, Definition 1.
 */
import type { Bytes, Compressor, Ops, OptionKind, Rng, Vec } from "../core/contracts.ts";

export interface Points {
  /** What both ends hold. */
  readonly h: Vec;
  /** What h was to follow last. */
  readonly y: Vec;
  /** What it is to follow now. */
  readonly x: Vec;
  /** A stream equal on all nodes, for coins that all senders share. */
  readonly common: Rng;
}

/** What moves h, in an encoding of its own. */
export interface Move {
  /** Longest payload in bytes. */
  readonly maxBytes: number;
  /** Set iff every payload has exactly `maxBytes` bytes. */
  readonly fixedBytes?: true;
  /**
   * Writes the payload of C_{h,y}(x) - h at `out` and returns its length in bytes. The points are not modified.
   * @throws RangeError naming the first entry of x, or of a difference, that is not finite
   */
  encode(points: Points, rng: Rng, out: Bytes): number;
  /** @throws WireError unless `payload` is one that `encode` can write. */
  check(payload: Bytes): void;
  /** acc += scale (C_{h,y}(x) - h), checked first: after a WireError acc is unchanged. addTo(payload, 1, h) moves h. */
  addTo(payload: Bytes, scale: number, acc: Vec): void;
}

export interface ThreePointMap extends Move {
  /** Canonical text; parsing it for the same d rebuilds the map. */
  readonly spec: string;
  readonly A: number;
  readonly B: number;
}

export interface MapEnv {
  readonly ops: Ops;
  readonly dim: number;
  /** Builds a compressor. */
  create(spec: string): Compressor;
  /** Builds a nested map. */
  map(spec: string): ThreePointMap;
}

/** One map: one file, one registry line, one test. */
export interface MapFactory<O extends object = object> {
  /** As the literature writes it, kebab-case. */
  readonly name: string;
  /** One sentence with the formula. */
  readonly summary: string;
  readonly reference: string;
  /** A and B as formulas, alpha the delta of C in B(delta), omega that of Q. */
  readonly formulas: string;
  /** What a message holds. */
  readonly message: string;
  /** Every option, in canonical order; a nested map is a `spec` too. */
  readonly options: Readonly<Record<string, OptionKind>>;
  readonly defaults: Readonly<O>;
  /** A spec to show. */
  readonly example: string;
  /** @throws RangeError for options out of range */
  create(options: O, env: MapEnv): ThreePointMap;
}
