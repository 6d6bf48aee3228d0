/** Kernels alone: bare calls on memory of their own. */
import { Arena, elementBytes } from "../bindings/arena.ts";
import { type Dtype, type Kernels, RNG_BYTES, type TypedKernels, typed } from "../bindings/kernels.ts";
import { loadKernels } from "../bindings/load.ts";
import { Ops } from "../bindings/ops.ts";
import linalgBytes from "../build/linalg.wasm";
import { type Case, type CaseEnv, type CaseSpec, SLOW_ELEMENTS, type Way, type Work } from "./case.ts";
import { allocate, input } from "./inputs.ts";
import { codeBuffer, ditherEncode } from "./plain/dither.ts";
import { naturalBuffer, naturalEncode32, naturalEncode64 } from "./plain/natural.ts";
import { randKBuffer, randomSubset } from "./plain/rand-k.ts";
import { Stream } from "./plain/random.ts";
import { signBuffer, signEncode32, signEncode64 } from "./plain/sign.ts";
import { topK, topKBuffer } from "./plain/top-k.ts";
import * as plain from "./plain/vec.ts";

const S = 7;
const kOf = (n: number): number => Math.max(1, Math.round(n / 100));

/** Vectors and room in the memory of one backend. */
class Bed {
  readonly n: number;
  readonly k: number;
  readonly kernels: Kernels;
  readonly typed: TypedKernels;
  readonly x: number;
  readonly y: number;
  /** 16 bytes an element more than enough for any packed form. */
  readonly packed: number;
  readonly codes: number;
  readonly rng: number;
  readonly indices: number;
  readonly scratch: number;
  readonly bitmap: number;
  readonly bits: Int32Array;
  readonly view: plain.Floats;
  readonly norm: number;

  constructor({ dtype, distribution }: CaseEnv, n: number, backend: Kernels["backend"]) {
    const kernels = loadKernels(backend, [linalgBytes]);
    const arena = new Arena(kernels);
    const k = kOf(n);
    arena.reserve(n * (2 * elementBytes(dtype) + 16) + kernels.topKScratch(n, k) + 4096);
    this.n = n;
    this.k = k;
    this.kernels = kernels;
    this.typed = typed(kernels, dtype);
    const x = arena.vec(n, dtype);
    const y = arena.vec(n, dtype);
    x.view.set(input(distribution, dtype, n));
    y.view.set(input("normal", dtype, n, 2));
    this.x = x.ptr;
    this.y = y.ptr;
    this.packed = arena.bytes(n * elementBytes(dtype) + 64).ptr;
    this.codes = arena.bytes(2 * n).ptr;
    this.rng = arena.bytes(RNG_BYTES).ptr;
    this.indices = arena.bytes(4 * n).ptr;
    this.scratch = arena.bytes(kernels.topKScratch(n, k)).ptr;
    this.bitmap = arena.bytes((n + 7) >>> 3).ptr;
    kernels.rngSeed(this.rng, 1, 0, 0, 0, 0, 0);
    this.view = new (dtype === "f32" ? Float32Array : Float64Array)(kernels.memory.buffer, this.x, n);
    this.bits = new Int32Array(kernels.memory.buffer, this.x, (n * elementBytes(dtype)) >>> 2);
    this.norm = this.typed.norm2(n, this.x) || 1;
  }
}

/** A SIMD sum over a copy of x in memory of its own. */
export function sumOf(dtype: Dtype, x: plain.Floats): () => number {
  const ops = new Ops(loadKernels("wasm"), dtype);
  const { ptr } = ops.from(x);
  const { sum } = ops.typed;
  return () => sum(x.length, ptr);
}

interface KernelSpec {
  readonly name: string;
  /** Bytes read and written per element of E bytes. */
  readonly bytes: (E: number) => number;
  /** Called once before, to put into memory what the kernel reads. */
  readonly before?: (bed: Bed) => unknown;
  readonly run: (bed: Bed) => () => unknown;
  readonly plain?: (bed: Bed, env: CaseEnv) => () => unknown;
}

function caseOf({ name, bytes, before, run, plain: fast }: KernelSpec): CaseSpec {
  const build = (env: CaseEnv): Case => {
    const E = elementBytes(env.dtype);
    const bed = new Bed(env, env.n, "wasm");
    before?.(bed);
    const { n, x } = bed;
    const sum = bed.typed.sum;
    const all: Partial<Record<Way, Work>> = {
      sum: { run: () => sum(n, x) },
      wasm: { run: run(bed) },
      ...(fast && { plain: { run: fast(bed, env) } }),
    };
    if (env.slow) {
      const small = new Bed(env, Math.min(env.n, SLOW_ELEMENTS), "reference");
      before?.(small);
      all.reference = { run: run(small), elements: small.n };
    }
    return { elements: n, bytes: n * bytes(E), ways: all };
  };
  return { suite: "kernels", name, build };
}

/** Rows of the matrix in gemv: n entries in all. */
const COLUMNS = 256;

const dense: readonly KernelSpec[] = [
  {
    name: "sum",
    bytes: (E) => E,
    run:
      ({ typed: t, n, x }) =>
      () =>
        t.sum(n, x),
    plain:
      ({ n, view }) =>
      () =>
        plain.sum(n, view),
  },
  {
    name: "axpy",
    bytes: (E) => 3 * E,
    run:
      ({ typed: t, n, x, y }) =>
      () =>
        t.axpy(n, 1e-9, x, y),
    plain: ({ n, view }, { dtype }) => {
      const y = allocate(dtype, n);
      return () => plain.axpy(n, 1e-9, view, y);
    },
  },
  {
    name: "dot",
    bytes: (E) => 2 * E,
    run:
      ({ typed: t, n, x, y }) =>
      () =>
        t.dot(n, x, y),
    plain: ({ n, view }, { dtype }) => {
      const y = input("normal", dtype, n, 2);
      return () => plain.dot(n, view, y);
    },
  },
  {
    name: "norm1",
    bytes: (E) => E,
    run:
      ({ typed: t, n, x }) =>
      () =>
        t.norm1(n, x),
    plain:
      ({ n, view }) =>
      () =>
        plain.norm1(n, view),
  },
  {
    name: "norm2",
    bytes: (E) => E,
    run:
      ({ typed: t, n, x }) =>
      () =>
        t.norm2(n, x),
    plain:
      ({ n, view }) =>
      () =>
        plain.norm2(n, view),
  },
  {
    name: "normMax",
    bytes: (E) => E,
    run:
      ({ typed: t, n, x }) =>
      () =>
        t.normMax(n, x),
    plain:
      ({ n, view }) =>
      () =>
        plain.normMax(n, view),
  },
  {
    name: "firstNonFinite",
    bytes: (E) => E,
    run:
      ({ typed: t, n, x }) =>
      () =>
        t.firstNonFinite(n, x),
    plain:
      ({ n, view }) =>
      () =>
        plain.finite(n, view),
  },
  {
    name: `gemv, ${COLUMNS} columns`,
    bytes: (E) => E,
    run: ({ typed: t, n, x, y, packed }) => {
      const columns = Math.min(n, COLUMNS);
      return () => t.gemv(n / columns, columns, x, y, packed);
    },
    plain: ({ n, view }, { dtype }) => {
      const columns = Math.min(n, COLUMNS);
      const out = allocate(dtype, n / columns);
      const v = input("normal", dtype, columns, 2);
      return () => plain.gemv(n / columns, columns, view, v, out);
    },
  },
  {
    name: "xxh64",
    bytes: (E) => E,
    run: ({ kernels, n, x, bits, scratch }) => {
      const bytes = 4 * (bits.length || n);
      return () => kernels.xxh64(x, bytes, 0, 0, scratch);
    },
  },
];

const selection: readonly KernelSpec[] = [
  {
    name: "topK 1 %",
    bytes: (E) => E + 0.04,
    run:
      ({ typed: t, n, k, x, indices, scratch }) =>
      () =>
        t.topK(n, k, x, indices, scratch),
    plain: ({ n, k, view, bits }, { dtype }) => {
      const out = topKBuffer(n, k);
      return () => topK(n, k, view, dtype === "f32" ? bits : undefined, out);
    },
  },
  {
    name: "randomSubset 1 %",
    bytes: () => 0.04,
    run:
      ({ kernels, n, k, rng, indices, bitmap }) =>
      () =>
        kernels.randomSubset(n, k, rng, indices, bitmap),
    plain: ({ n, k }, { dtype }) => {
      const out = randKBuffer(n, k, dtype);
      let seed = 0;
      return () => randomSubset(n, k, ++seed, out);
    },
  },
  {
    name: "indicesEncode 1 %",
    bytes: () => 0.05,
    before: ({ typed: t, n, k, x, indices, scratch }) => t.topK(n, k, x, indices, scratch),
    run:
      ({ kernels, n, k, indices, packed }) =>
      () =>
        kernels.indicesEncode(n, k, indices, packed),
  },
  {
    name: "indicesDecode 1 %",
    bytes: () => 0.05,
    before: ({ typed: t, kernels, n, k, x, indices, scratch, packed }) => {
      t.topK(n, k, x, indices, scratch);
      kernels.indicesEncode(n, k, indices, packed);
    },
    run: ({ kernels, n, k, indices, packed }) => {
      const available = kernels.indicesMaxBytes(n, k);
      return () => kernels.indicesDecode(n, k, packed, available, indices);
    },
  },
  {
    name: "gather 1 %",
    bytes: (E) => (4 + 2 * E) / 100,
    before: ({ typed: t, n, k, x, indices, scratch }) => t.topK(n, k, x, indices, scratch),
    run:
      ({ typed: t, k, x, indices, packed }) =>
      () =>
        t.gather(k, 1, x, indices, packed),
  },
  {
    name: "scatterAdd 1 %",
    bytes: (E) => (4 + 3 * E) / 100,
    before: ({ typed: t, n, k, x, indices, scratch, packed }) => {
      t.topK(n, k, x, indices, scratch);
      t.gather(k, 1, x, indices, packed);
    },
    run:
      ({ typed: t, k, y, indices, packed }) =>
      () =>
        t.scatterAdd(k, 1e-9, packed, indices, y),
  },
];

const drawCodes = ({ typed: t, n, norm, x, rng, codes }: Bed): number => t.ditherCodes(n, S / norm, S, x, rng, codes);

const quantization: readonly KernelSpec[] = [
  {
    name: "signEncode",
    bytes: (E) => E + 1 / 8,
    run:
      ({ typed: t, n, x, packed }) =>
      () =>
        t.signEncode(n, x, packed),
    plain: ({ n, view, bits }, { dtype }) => {
      const out = signBuffer(n);
      return dtype === "f32"
        ? () => signEncode32(n, view as Float32Array, bits, out)
        : () => signEncode64(n, view as Float64Array, out);
    },
  },
  {
    name: "signAdd",
    bytes: (E) => 2 * E + 1 / 8,
    before: ({ typed: t, n, x, packed }) => t.signEncode(n, x, packed),
    run:
      ({ typed: t, n, y, packed }) =>
      () =>
        t.signAdd(n, 1e-9, packed, y),
  },
  {
    name: `ditherCodes s=${S}`,
    bytes: (E) => E + 2,
    run: (bed) => () => drawCodes(bed),
    plain: ({ n, view, bits }, { dtype }) => {
      const out = codeBuffer(n);
      const rng = new Stream(1);
      return () => ditherEncode(n, S, view, bits, rng, out, dtype === "f32" ? 1 : 2);
    },
  },
  {
    name: "pack16, 4 bits",
    bytes: () => 2.5,
    before: drawCodes,
    run:
      ({ kernels, n, codes, packed }) =>
      () =>
        kernels.pack16(n, 4, codes, packed),
  },
  {
    name: "unpack16, 4 bits",
    bytes: () => 2.5,
    before: (bed) => {
      drawCodes(bed);
      bed.kernels.pack16(bed.n, 4, bed.codes, bed.packed);
    },
    run:
      ({ kernels, n, codes, packed }) =>
      () =>
        kernels.unpack16(n, 4, packed, codes),
  },
  {
    name: "codesAdd",
    bytes: (E) => 2 * E + 2,
    before: drawCodes,
    run:
      ({ typed: t, n, codes, y }) =>
      () =>
        t.codesAdd(n, 1e-9, codes, y),
  },
  {
    name: "naturalEncode",
    bytes: (E) => E + (E === 4 ? 9 / 8 : 1.5),
    run:
      ({ typed: t, n, x, rng, packed }) =>
      () =>
        t.naturalEncode(n, x, rng, packed),
    plain: ({ n, bits }, { dtype }) => {
      const out = naturalBuffer(n, dtype);
      const rng = new Stream(1);
      return dtype === "f32" ? () => naturalEncode32(n, bits, rng, out) : () => naturalEncode64(n, bits, rng, out);
    },
  },
  {
    name: "naturalAdd",
    bytes: (E) => 2 * E + (E === 4 ? 9 / 8 : 1.5),
    before: ({ typed: t, n, x, rng, packed }) => t.naturalEncode(n, x, rng, packed),
    run:
      ({ typed: t, n, y, packed }) =>
      () =>
        t.naturalAdd(n, 1e-9, packed, y),
  },
];

export const kernelCases: readonly CaseSpec[] = [...dense, ...selection, ...quantization].map(caseOf);
