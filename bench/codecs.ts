/**
 * Whole calls of codecs: `encodeInto` from `codec.input` (selection or rounding, packing, message, hash, copy out) and
 * `addTo` into `codec.accumulator` (copy in, hash, every check of the bytes, accumulation). The plain ways pack the same
 * bits but neither hash nor check nor copy.
 */
import { elementBytes } from "../bindings/arena.ts";
import type { Thinwire } from "../src/codec/thinwire.ts";
import { load } from "../src/index.ts";
import { loadSync } from "../src/sync.ts";
import { type Case, type CaseEnv, type CaseSpec, SLOW_ELEMENTS, type Way, type Work } from "./case.ts";
import { allocate, input } from "./inputs.ts";
import { sumOf } from "./kernels.ts";
import { naiveDither, naiveSign, naiveTopK } from "./naive.ts";
import { codeBuffer, ditherAdd, ditherEncode } from "./plain/dither.ts";
import { naturalAdd32, naturalAdd64, naturalBuffer, naturalEncode32, naturalEncode64 } from "./plain/natural.ts";
import { randKAdd, randKBuffer, randKEncode } from "./plain/rand-k.ts";
import { Stream } from "./plain/random.ts";
import { signAdd, signBuffer, signEncode32, signEncode64 } from "./plain/sign.ts";
import { topKAdd, topKBuffer, topKEncode } from "./plain/top-k.ts";
import { axpy, type Floats, finite } from "./plain/vec.ts";

interface PlainCodec {
  readonly encode: () => unknown;
  readonly add: () => unknown;
}

interface PlainEnv {
  readonly n: number;
  readonly k: number;
  readonly x: Floats;
  readonly bits: Int32Array;
  readonly acc: Floats;
  readonly single: boolean;
}

interface CodecSpec {
  readonly title: string;
  readonly spec: string;
  readonly plain?: (env: PlainEnv) => PlainCodec;
  readonly naive?: (x: Floats, k: number) => unknown;
}

const S = 7;
const SCALE = 1e-9;

const plainSign = ({ n, x, bits, acc, single }: PlainEnv): PlainCodec => {
  const out = signBuffer(n);
  return {
    encode: single
      ? () => signEncode32(n, x as Float32Array, bits, out)
      : () => signEncode64(n, x as Float64Array, out),
    add: () => signAdd(n, SCALE, out, acc),
  };
};

const plainTopK = ({ n, k, x, bits, acc, single }: PlainEnv): PlainCodec => {
  const out = topKBuffer(n, k);
  return {
    encode: () => topKEncode(n, k, x, single ? bits : undefined, out),
    add: () => topKAdd(n, k, SCALE, out, acc, single),
  };
};

const plainRandK = ({ n, k, x, acc, single }: PlainEnv): PlainCodec => {
  const out = randKBuffer(n, k, single ? "f32" : "f64");
  const rng = new Stream(1);
  return { encode: () => randKEncode(n, k, x, rng, out), add: () => randKAdd(n, k, SCALE, out, acc) };
};

const plainNatural = ({ n, bits, acc, single }: PlainEnv): PlainCodec => {
  const out = naturalBuffer(n, single ? "f32" : "f64");
  const rng = new Stream(1);
  return single
    ? { encode: () => naturalEncode32(n, bits, rng, out), add: () => naturalAdd32(n, SCALE, out, acc) }
    : { encode: () => naturalEncode64(n, bits, rng, out), add: () => naturalAdd64(n, SCALE, out, acc) };
};

const plainDither = ({ n, x, bits, acc, single }: PlainEnv): PlainCodec => {
  const out = codeBuffer(n);
  const rng = new Stream(1);
  return {
    encode: () => ditherEncode(n, S, x, bits, rng, out, single ? 1 : 2),
    add: () => ditherAdd(n, S, SCALE, out, acc),
  };
};

const plainIdentity = ({ n, x, acc, single }: PlainEnv): PlainCodec => {
  const out = allocate(single ? "f32" : "f64", n);
  return {
    encode: () => {
      if (!finite(n, x)) throw new RangeError("identity: entries must be finite");
      out.set(x);
    },
    add: () => axpy(n, SCALE, out, acc),
  };
};

/** Naive ways return what a garbage collector must free again: that is part of what they cost. */
const codecs: readonly CodecSpec[] = [
  { title: "sign", spec: "sign", plain: plainSign, naive: naiveSign },
  { title: "top-k 1 %", spec: "top-k:ratio=0.01", plain: plainTopK, naive: naiveTopK },
  { title: "rand-k 1 %", spec: "rand-k:ratio=0.01", plain: plainRandK },
  { title: "natural", spec: "natural", plain: plainNatural },
  {
    title: `dithering s=${S} fixed`,
    spec: `random-dithering:s=${S},coding=fixed`,
    plain: plainDither,
    naive: (x) => naiveDither(x, S),
  },
  { title: `dithering s=${S} auto`, spec: `random-dithering:s=${S}` },
  { title: `entropy of dithering s=${S}`, spec: `entropy:of=(random-dithering:s=${S})` },
  { title: "entropy of natural", spec: "entropy:of=(natural)" },
  { title: "ternary", spec: "ternary" },
  { title: "identity", spec: "identity", plain: plainIdentity },
];

interface Calls {
  readonly encode: () => unknown;
  readonly add: () => unknown;
  readonly messageBytes: number;
  readonly n: number;
}

/** The codec's calls on vectors in its own memory. */
function calls(tw: Thinwire, spec: string, { dtype, distribution }: CaseEnv, n: number): Calls {
  const codec = dtype === "f32" ? tw.codec(spec, n) : tw.codec(spec, n, { dtype: "f64" });
  const vector = codec.input as Float32Array;
  const acc = codec.accumulator as Float32Array;
  vector.set(input(distribution, dtype, n));
  const buffer = new Uint8Array(codec.maxBytes);
  const of = codec as {
    encodeInto(v: Float32Array, b: Uint8Array): number;
    addTo(b: Uint8Array, s: number, a: Float32Array): void;
  };
  const messageBytes = of.encodeInto(vector, buffer);
  const message = buffer.slice(0, messageBytes);
  return {
    n,
    messageBytes,
    encode: () => of.encodeInto(vector, buffer),
    add: () => of.addTo(message, SCALE, acc),
  };
}

async function build(spec: CodecSpec, what: "encode" | "add", env: CaseEnv): Promise<Case> {
  const { n, dtype, distribution, slow } = env;
  const own = calls(loadSync(), spec.spec, env, n);
  const x = input(distribution, dtype, n);
  const all: Partial<Record<Way, Work>> = { sum: { run: sumOf(dtype, x) }, wasm: { run: own[what] } };
  const k = Math.max(1, Math.round(n / 100));
  if (spec.plain) {
    const bits = new Int32Array(x.buffer);
    const codec = spec.plain({ n, k, x, bits, acc: allocate(dtype, n), single: dtype === "f32" });
    codec.encode(); // what `add` reads
    all.plain = { run: codec[what] };
  }
  if (slow) {
    const elements = Math.min(n, SLOW_ELEMENTS);
    const reference = calls(await load({ backend: "reference" }), spec.spec, env, elements);
    all.reference = { run: reference[what], elements };
    const { naive } = spec;
    const part = x.subarray(0, elements);
    const kept = Math.max(1, Math.round(elements / 100));
    if (naive && what === "encode") all.naive = { run: () => naive(part, kept), elements };
  }
  const E = elementBytes(dtype);
  const sparse = /-k:/.test(spec.spec);
  // an encoder reads the vector, an accumulation reads and writes what it touches
  const touched = what === "encode" ? n * E : (sparse ? k : n) * 2 * E;
  return { elements: n, bytes: touched + own.messageBytes, messageBits: 8 * own.messageBytes, ways: all };
}

export const codecCases: readonly CaseSpec[] = codecs.flatMap((spec) => [
  { suite: "codecs", name: `${spec.title} encode`, build: (env: CaseEnv) => build(spec, "encode", env) } as const,
  { suite: "codecs", name: `${spec.title} addTo`, build: (env: CaseEnv) => build(spec, "add", env) } as const,
]);
