/** What every three-point map must do. One call a family in its test file. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Vec } from "../../bindings/arena.ts";
import type { Dtype } from "../../bindings/kernels.ts";
import type { Backend } from "../../bindings/load.ts";
import { compressors } from "../../src/compressors/index.ts";
import { environment } from "../../src/compressors/spec.ts";
import { Rng } from "../../src/core/rng.ts";
import type { MapFactory } from "../../src/maps/contract.ts";
import { createMapSlot, maps } from "../../src/maps/index.ts";
import { Bench, rounded, sameBits } from "../compressors/bench.ts";
import { dtypes, inputs, lcg } from "../kernels/harness.ts";

/** A map on a compressor's bench: guard zones, unmodified x, no write before the checks. */
export class MapBench {
  readonly bench: Bench;
  readonly A: number;
  readonly B: number;
  readonly h: Vec;
  readonly y: Vec;
  readonly common: Rng;

  constructor(backend: Backend, dtype: Dtype, dim: number, spec: string) {
    const { ops } = new Bench(backend, dtype, 1, "identity");
    const env = environment(compressors, { ops, dim, worker: 0, workers: 1 });
    this.bench = new Bench(backend, dtype, dim, "identity", () => {
      ops.scratch.begin();
      return createMapSlot(env, spec);
    });
    [this.A, this.B] = this.bench.compressor.constants.threePoint!;
    this.h = ops.vec(dim);
    this.y = ops.vec(dim);
    this.common = new Rng(ops, 7n, 9);
    this.bench.compressor.bind!(this.h, this.y, this.common);
  }

  /** C_{h,y}(x) - h as a payload. */
  encode({ h, y, x }: Triple, seed: number): Uint8Array<ArrayBuffer> {
    this.#set(h, y, seed);
    const kept = [this.h.view.slice(), this.y.view.slice()];
    const payload = this.bench.encode(x, seed);
    if (!sameBits(kept[0]!, this.h.view) || !sameBits(kept[1]!, this.y.view)) throw new Error("encode modified h or y");
    return payload;
  }

  /** |C_{h,y}(x) - x|^2 for one seed; `h` and `y` are in place already. */
  error(x: Float64Array, seed: number): number {
    this.common.at(seed, 0);
    this.bench.sample(seed);
    const { view } = this.bench.acc;
    const h = this.h.view;
    let sum = 0;
    for (let i = 0; i < x.length; ++i) sum += (h[i]! + view[i]! - x[i]!) ** 2;
    return sum;
  }

  place({ h, y, x }: Triple): void {
    this.#set(h, y, 0);
    this.bench.x.view.set(x);
  }

  #set(h: Float64Array, y: Float64Array, seed: number): void {
    this.h.view.set(h);
    this.y.view.set(y);
    this.common.at(seed, 0);
  }
}

interface Triple {
  h: Float64Array;
  y: Float64Array;
  x: Float64Array;
}

export interface MapExpectation {
  spec: string;
  /** A and B as the formulas give them for `spec` at d = 20. */
  constants: readonly [A: number, B: number];
  /** Some input comes this near to the bound. */
  attained?: number;
  /** The inequality is an equality, whatever the input. */
  equality?: true;
  /** Bytes of the message for h and x equal, however long other messages are. */
  idle?: (dim: number, elementBytes: number) => number;
  /** All messages have one length. */
  fixed?: true;
}

const dims = [0, 1, 2, 3, 5, 8, 17, 64, 100, 257];

export function testMap<O extends object>(factory: MapFactory<O>, expected: MapExpectation): void {
  const { spec, constants, attained = 0.9, equality, idle, fixed } = expected;
  describe(factory.name, () => {
    test("says what it is; text and constants", () => {
      expect(maps[factory.name]).toBe(factory);
      for (const text of [factory.summary, factory.reference, factory.formulas, factory.message])
        expect(text).toMatch(/\S/);
      const bench = new MapBench("wasm", "f64", 20, spec);
      const { compressor } = bench.bench;
      const again = new MapBench("wasm", "f64", 20, compressor.spec);
      expect(again.bench.compressor.spec).toBe(compressor.spec);
      expect([again.A, again.B]).toEqual([bench.A, bench.B]);
      expect(bench.A).toBeCloseTo(constants[0], 12);
      expect(bench.B).toBeCloseTo(constants[1], 12);
      expect(compressor.fixedBytes === true).toBe(fixed === true);
      expect(new MapBench("wasm", "f64", 30, factory.example).A).toBeGreaterThan(0);
      expect(() => new MapBench("wasm", "f64", 20, factory.name)).toThrow(RangeError);
      expect(() => new MapBench("wasm", "f64", 20, `${factory.name}:none=1`)).toThrow(/unknown option "none"/);
    });

    for (const dtype of dtypes) {
      test(`${dtype}: every dimension and kind of input, both backends alike`, () => {
        for (const dim of dims) testRoundTrip(dim, dtype, spec, idle);
      });
      test(`${dtype}: E|C_{h,y}(x) - x|^2 <= (1 - A)|h - y|^2 + B|x - y|^2`, () =>
        testInequality(dtype, spec, attained, equality === true));
      test(`${dtype}: refuses what is not finite`, () => testNonFinite(dtype, spec));
      test(`${dtype}: cut, lengthened and damaged payloads`, () => testDamage(dtype, spec));
    }
  });
}

function triples(dtype: Dtype, dim: number): Triple[] {
  const random = lcg(dim + 5);
  const out: Triple[] = [];
  for (const family of ["normal", "heavy", "sparse", "equal", "spike", "subnormal", "tiny", "zeros"]) {
    const make = () => rounded(dtype, inputs[family]!(dim, random));
    const [a, b, c] = [make(), make(), make()];
    out.push({ h: a, y: b, x: c }, { h: a, y: a, x: b }, { h: a, y: b, x: b }, { h: a, y: b, x: a });
  }
  return out;
}

function testRoundTrip(dim: number, dtype: Dtype, spec: string, idle: MapExpectation["idle"]): void {
  const wasm = new MapBench("wasm", dtype, dim, spec);
  const reference = new MapBench("reference", dtype, dim, spec);
  const { compressor, ops } = wasm.bench;
  for (const [at, triple] of triples(dtype, dim).entries()) {
    const where = `${spec} ${dtype} d=${dim} triple ${at}`;
    const used = ops.arena.used;
    const payload = wasm.encode(triple, at);
    expect(sameBits(reference.encode(triple, at), payload), `${where}: bytes of both backends`).toBe(true);
    expect(sameBits(wasm.encode(triple, at), payload), `${where}: bytes of one seed`).toBe(true);
    expect(payload.length, where).toBeLessThanOrEqual(compressor.maxBytes);
    if (compressor.fixedBytes) expect(payload.length, where).toBe(compressor.maxBytes);
    if (idle && at % 4 === 3) expect(payload.length, `${where}: h = x`).toBe(idle(dim, dtype === "f32" ? 4 : 8));
    wasm.bench.check(payload);
    const onto = wasm.bench.decode(payload, 1, triple.h);
    expect(sameBits(reference.bench.decode(payload, 1, triple.h, 3), onto), `${where}: values`).toBe(true);
    const half = wasm.bench.decode(payload, 0.5);
    const plain = wasm.bench.decode(payload);
    const largest = Math.max(...plain.map(Math.abs), 1e-300);
    half.forEach((v, i) => {
      expect(Math.abs(v - plain[i]! / 2)).toBeLessThanOrEqual(largest * (dtype === "f32" ? 2e-7 : 1e-15) + 1e-44);
    });
    expect(ops.arena.used, where).toBe(used);
  }
}

/** h = y + w and x = y - s w: with the right s the worst case of Young's inequality; and independent ones. */
function situations(dtype: Dtype, dim: number): Triple[] {
  const random = lcg(3);
  const out: Triple[] = [];
  for (const family of ["normal", "equal", "sparse"]) {
    const y = inputs.normal!(dim, random);
    const w = inputs[family]!(dim, random).map((v) => v || 0.01);
    for (const s of [-10, -3, -1, -0.5, -0.1, 0, 0.1, 0.2, 0.4, 0.7, 1, 2, 4, 10]) {
      out.push({
        h: rounded(
          dtype,
          y.map((v, i) => v + w[i]!),
        ),
        y: rounded(dtype, y),
        x: rounded(
          dtype,
          y.map((v, i) => v - s * w[i]!),
        ),
      });
    }
    const x = inputs[family]!(dim, random);
    out.push({ h: rounded(dtype, y), y: rounded(dtype, y), x: rounded(dtype, x) });
    // as far from x as maps with zeta = 1, 3 let h be
    for (const zeta of [1, 3]) {
      const far = y.map((v, i) => x[i]! + 0.9999 * Math.sqrt(zeta) * (v - x[i]!));
      out.push({ h: rounded(dtype, far), y: rounded(dtype, y), x: rounded(dtype, x) });
    }
  }
  return out;
}

/** 6.5 standard errors of the sampled mean: fewer than 10^4 such comparisons fail with probability below 1e-6. */
function testInequality(dtype: Dtype, spec: string, attained: number, equality: boolean): void {
  const dim = 20;
  const bench = new MapBench("wasm", dtype, dim, spec);
  const samples = dtype === "f32" ? 300 : 1500;
  const epsilon = dtype === "f32" ? 1e-11 : 1e-28;
  let closest = 0;
  for (const triple of situations(dtype, dim)) {
    const { h, y, x } = triple;
    bench.place(triple);
    let [sum, squares] = [0, 0];
    for (let seed = 1; seed <= samples; ++seed) {
      const error = bench.error(x, seed);
      sum += error;
      squares += error * error;
    }
    const mean = sum / samples;
    const margin = 6.5 * Math.sqrt(Math.max(0, squares / samples - mean * mean) / samples);
    const bound = (1 - bench.A) * distance2(h, y) + bench.B * distance2(x, y);
    const rounding = epsilon * (norm2(h) + norm2(x) + norm2(y)) * dim;
    expect(mean).toBeLessThanOrEqual(bound * (1 + 1e-6) + margin + rounding);
    if (equality) expect(mean).toBeGreaterThanOrEqual(bound * (1 - 1e-6) - margin - rounding);
    if (bound > 0) closest = Math.max(closest, mean / bound);
  }
  expect(closest).toBeGreaterThan(attained);
}

const norm2 = (a: Float64Array): number => a.reduce((sum, v) => sum + v * v, 0);
const distance2 = (a: Float64Array, b: Float64Array): number => norm2(a.map((v, i) => v - b[i]!));

function testNonFinite(dtype: Dtype, spec: string): void {
  const dim = 37;
  const { bench, h, y, common } = new MapBench("wasm", dtype, dim, spec);
  const { compressor, ops, rng } = bench;
  const out = ops.bytes(compressor.maxBytes);
  const random = lcg(9);
  h.view.set(inputs.normal!(dim, random));
  y.view.set(inputs.normal!(dim, random));
  for (const bad of [Number.NaN, Infinity, -Infinity]) {
    for (const at of [0, 5, 36]) {
      bench.x.view.set(inputs.normal!(dim, random));
      bench.x.view[at] = bad;
      rng.at(at, 1);
      common.at(at, 1);
      expect(() => compressor.encode(bench.x, rng, out)).toThrow(`got ${bad} at index ${at}`);
      const drawn = [rng.u32(), common.u32()];
      expect([rng.at(at, 1).u32(), common.at(at, 1).u32()]).toEqual(drawn);
    }
  }
}

function testDamage(dtype: Dtype, spec: string): void {
  for (const dim of [1, 45]) {
    const wasm = new MapBench("wasm", dtype, dim, spec);
    const reference = new MapBench("reference", dtype, dim, spec);
    const random = lcg(dim);
    const start = Array.from({ length: dim }, (_, i) => (i % 7 ? random() - 0.5 : -0));
    const same = (payload: Uint8Array): unknown => {
      const [a, b] = [wasm.bench.verdict(payload, start), reference.bench.verdict(payload, start)];
      const alike = typeof a === "string" || typeof b === "string" ? a === b : sameBits(a, b);
      if (!alike) throw new Error(`verdicts differ: ${a} and ${b}`);
      return a;
    };
    const messages = triples(dtype, dim)
      .slice(0, 16)
      .map((triple, at) => wasm.encode(triple, at));
    for (const message of messages) {
      for (let length = 0; length < message.length; ++length)
        expect(typeof same(message.slice(0, length)), `cut to ${length} of ${message.length}`).toBe("string");
      for (const more of [[0], [1], [255, 0, 3]])
        expect(typeof same(Uint8Array.of(...message, ...more))).toBe("string");
    }
    const edit = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean());
    fc.assert(
      fc.property(fc.nat(), fc.array(edit, { minLength: 1, maxLength: 4 }), (which, edits) => {
        const payload = messages[which % messages.length]!.slice();
        for (const [position, value, head] of edits) {
          const at = head ? position % 12 : position;
          if (payload.length > 0) payload[at % payload.length]! ^= value;
        }
        same(payload);
      }),
      { numRuns: 1000, seed: 1 },
    );
  }
}
