/** One compressor in memory of its own, with what is needed to draw from it. */
import { Bytes, type Vec } from "../../bindings/arena.ts";
import type { Dtype } from "../../bindings/kernels.ts";
import { loadKernels } from "../../bindings/load.ts";
import { Ops } from "../../bindings/ops.ts";
import { compressors } from "../compressors/index.ts";
import { createFromSpec, type Registry } from "../compressors/spec.ts";
import type { Compressor } from "../core/contracts.ts";
import { Rng, SETUP } from "../core/rng.ts";

export interface HostOptions {
  readonly seed?: bigint;
  readonly dtype?: Dtype;
  readonly registry?: Registry;
  /** What smoothness-aware compressors are made for; the identity by default. */
  readonly matrix?: Float64Array;
  /** What is measured instead of the compressor of the spec: for tests of the measure itself. */
  readonly wrap?: (compressor: Compressor) => Compressor;
}

export class Host {
  readonly ops: Ops;
  readonly compressor: Compressor;
  readonly x: Vec;
  /** C(x) of the last `draw`. */
  readonly result: Vec;
  /** For inputs: another stream than that of the messages. */
  readonly setup: Rng;
  readonly #rng: Rng;
  readonly #out: Bytes;
  readonly #payload: Bytes;

  /** @throws UsageError, RangeError as the compressor does */
  constructor(spec: string, dim: number, options: HostOptions = {}) {
    const { seed = 1n, dtype = "f64", registry = compressors, wrap = (c: Compressor) => c, matrix } = options;
    const ops = new Ops(loadKernels(), dtype);
    this.ops = ops;
    ops.scratch.begin();
    const given = { ops, dim, worker: 0, workers: 1, smoothness: () => matrix };
    this.compressor = wrap(createFromSpec(registry, spec, given));
    this.x = ops.vec(dim);
    this.result = ops.vec(dim);
    this.setup = new Rng(ops, seed, SETUP);
    this.#rng = new Rng(ops, seed, 0);
    this.#out = ops.bytes(this.compressor.maxBytes);
    this.#payload = new Bytes(ops.arena, this.#out.ptr, 0);
  }

  /** Starts the stream of an input's messages; they follow one another in it, as parts of a message do. */
  restart(input: number): void {
    this.#rng.at(input, 0);
  }

  /** One message of x; returns the payload's bytes. */
  encode(): number {
    return this.compressor.encode(this.x, this.#rng, this.#out);
  }

  /** The first message of an input as head and symbols. */
  drawSymbols(input: number, head: Bytes): void {
    this.restart(input);
    this.compressor.symbols!.encode(this.x, this.#rng, head);
  }

  /** One message of x: C(x) into `result`. Returns the payload's bytes. */
  draw(): number {
    const length = this.encode();
    this.ops.fill(0, this.result);
    this.compressor.addTo(this.#payload.at(this.#out.ptr, length), 1, this.result);
    return length;
  }
}
