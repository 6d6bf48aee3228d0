import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireError } from "../../src/index.ts";
import { f32, f64, reference, rehash, specs, wasm } from "./support.ts";

/** Messages mutated in all, over compressors and types. */
const TOTAL = 100_000;
const d = 33;
const all = specs(d).flatMap((spec) => [
  { spec, dtype: "f32" as const },
  { spec, dtype: "f64" as const },
]);
const each = Math.ceil(TOTAL / all.length);

type Mutation = (bytes: Uint8Array, other: Uint8Array) => Uint8Array<ArrayBuffer>;

const anywhere = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  // single bits, of the whole and of the header alone
  fc.tuple(anywhere, fc.nat(7), fc.boolean()).map(([at, bit, early]) => (bytes: Uint8Array) => {
    const out = bytes.slice();
    out[Math.floor(at * (early ? Math.min(20, out.length) : out.length))]! ^= 1 << bit;
    return out;
  }),
  anywhere.map((at) => (bytes: Uint8Array) => bytes.slice(0, Math.floor(at * bytes.length))),
  // the beginning of one message with the end of another
  fc.tuple(anywhere, anywhere).map(([a, b]) => (bytes: Uint8Array, other: Uint8Array) => {
    const head = bytes.subarray(0, Math.floor(a * bytes.length));
    const tail = other.subarray(Math.floor(b * other.length));
    return Uint8Array.from([...head, ...tail]);
  }),
  // some bytes replaced, inserted or removed
  fc
    .tuple(anywhere, fc.uint8Array({ minLength: 0, maxLength: 6 }), fc.nat(6))
    .map(([at, inserted, removed]) => (bytes: Uint8Array) => {
      const i = Math.floor(at * bytes.length);
      return Uint8Array.from([...bytes.subarray(0, i), ...inserted, ...bytes.subarray(i + removed)]);
    }),
);

/** All, the one after `index` first. */
const ordered = (index: number) => [...all.slice(index + 1), ...all.slice(0, index + 1)];

describe(`${TOTAL} mutated messages with the hash recomputed`, () => {
  all.forEach(({ spec, dtype }, index) => {
    test(`${spec} ${dtype}`, () => {
      const input = (m: number) => (dtype === "f32" ? f32(d, m) : f64(d, m)) as never;
      const codec = wasm.codec(spec, d, { dtype });
      const twin = reference.codec(spec, d, { dtype });
      const messages = [codec.encode(input(1)), codec.encode(input(2))] as const;
      const next = ordered(index).find((other) => !/layers:|rows=/.test(other.spec))!; // which name d
      const foreign = wasm.codec(next.spec, d + 1, { dtype: next.dtype });
      const other = foreign.encode((next.dtype === "f32" ? f32(d + 1) : f64(d + 1)) as never);
      const start = dtype === "f32" ? f32(d, 3) : f64(d, 3);
      const acc = start.slice();
      let valid = 0;
      fc.assert(
        fc.property(mutation, fc.boolean(), fc.boolean(), (mutate, same, inside) => {
          const bytes = rehash(mutate(messages[0], same ? messages[1] : other));
          let failed: unknown;
          const into = inside ? codec.accumulator : acc;
          into.set(start);
          try {
            codec.addTo(bytes, 0.5, into as never);
            valid += 1;
          } catch (error) {
            failed = error;
          }
          const expected = start.slice();
          if (failed) {
            if (!(failed instanceof WireError)) throw failed;
          } else twin.addTo(bytes, 0.5, expected as never);
          // bits, since a valid message may carry any number in its payload
          expect(Buffer.from(into.buffer, into.byteOffset, into.byteLength).equals(Buffer.from(expected.buffer))).toBe(
            true,
          );
        }),
        { numRuns: each, seed: 1 + index },
      );
      expect(valid).toBeLessThan(each);
    });
  });

  test("decode and inspect of any message", () => {
    const messages = all.map(({ spec, dtype }) =>
      wasm.codec(spec, d, { dtype }).encode((dtype === "f32" ? f32(d) : f64(d)) as never),
    );
    const pick = fc.nat(messages.length - 1);
    fc.assert(
      fc.property(mutation, pick, pick, (mutate, a, b) => {
        const bytes = rehash(mutate(messages[a]!, messages[b]!));
        for (const call of [() => wasm.inspect(bytes), () => wasm.decode(bytes, { maxDim: 1000 })]) {
          try {
            const out = call();
            expect("dim" in out ? out.dim : out.length).toBeLessThan(2 ** 32);
          } catch (error) {
            if (!(error instanceof WireError)) throw error;
          }
        }
      }),
      { numRuns: 20_000, seed: 77 },
    );
  });

  test("random bytes after a valid beginning", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
        const bytes = rehash(Uint8Array.from([0x54, 0x57, 1, 0, ...tail]));
        try {
          wasm.decode(bytes, { maxDim: 100 });
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      }),
      { numRuns: 5000, seed: 78 },
    );
  });
});

test("a short message cannot cost memory beyond maxDim", () => {
  const claim = Uint8Array.from([0x54, 0x57, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 100; ++i) expect(() => wasm.decode(rehash(claim))).toThrow(/at most 67108864 \(maxDim\)/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
});
