/** What is measured: the same work done in several ways. */
import type { Dtype } from "../bindings/kernels.ts";
import type { Distribution } from "./inputs.ts";

export const suites = ["kernels", "codecs", "rounds"] as const;
export type Suite = (typeof suites)[number];

/**
 * wasm: the library. plain: `bench/plain/`. reference: the library's other backend. naive: `bench/naive.ts`. sum: a SIMD
 * sum over the same vector. reference and naive run on at most 2^20 elements: they cost per element what they cost.
 */
export const ways = ["sum", "wasm", "plain", "reference", "naive"] as const;
export type Way = (typeof ways)[number];

export interface Work {
  readonly run: () => unknown;
  /** Elements of one call, where it is not the case's. */
  readonly elements?: number;
}

export interface Case {
  /** Vector elements that one call works on. */
  readonly elements: number;
  /** Bytes that a call of the library must read and write at least; messages count once. */
  readonly bytes: number;
  /** Bits of the message; of a round, payload that a worker sends. */
  readonly messageBits?: number;
  readonly ways: Partial<Record<Way, Work>>;
}

export interface CaseSpec {
  readonly suite: Suite;
  readonly name: string;
  readonly build: (env: CaseEnv) => Case | Promise<Case>;
}

export interface CaseEnv {
  readonly n: number;
  readonly dtype: Dtype;
  readonly distribution: Distribution;
  /** Whether the slow ways (reference, naive) are wanted. */
  readonly slow: boolean;
}

/** The most elements that slow ways work on. */
export const SLOW_ELEMENTS = 2 ** 20;

/** What a child measured: nanoseconds a call, medians over its passes. */
export interface Measured {
  readonly suite: Suite;
  readonly name: string;
  readonly elements: number;
  readonly bytes: number;
  readonly messageBits?: number;
  /** Nanoseconds an element (a call, for rounds). */
  readonly ns: Partial<Record<Way, number>>;
  /** wasm over sum, and each other way over wasm: medians over passes of ratios within a pass. */
  readonly ratio: Partial<Record<Way, number>>;
}

export interface ChildSettings {
  readonly suites: readonly Suite[];
  readonly size: number;
  readonly dtype: Dtype;
  readonly distribution: Distribution;
  readonly quick: boolean;
  /** Only cases whose name contains this. */
  readonly only?: string;
  /** Only these cases. */
  readonly names?: readonly string[];
  /** Number of this process: rotates the order of cases. */
  readonly index: number;
}
