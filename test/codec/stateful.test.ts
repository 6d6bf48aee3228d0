import { describe, expect, test } from "vitest";
import { type Codec, type Shifted, WireError } from "../../src/index.ts";
import { f32, f64, reference, rehash, specs, thrown, wasm, xxh64 } from "./support.ts";

const d = 60;
const code = (f: () => unknown): string | undefined => {
  const error = thrown(f);
  expect(error).toBeInstanceOf(WireError);
  return error.code;
};
/** Specs for which a default alpha exists. */
const shiftable = specs(d).filter((spec) => {
  const { omega, delta, constants } = wasm.codec(spec, d);
  return omega !== undefined || delta !== undefined || constants.absolute !== undefined;
});

describe("error feedback", () => {
  for (const spec of specs(d)) {
    test(`${spec}: sends C(e + v), keeps the rest, as a codec does by hand`, () => {
      const ef = wasm.errorFeedback(wasm.codec(spec, d, { seed: 3n }));
      const twin = reference.errorFeedback(reference.codec(spec, d, { seed: 3n }));
      const plain = wasm.codec(spec, d, { seed: 3n });
      const e = new Float32Array(d);
      for (let m = 0; m < 6; ++m) {
        const v = f32(d, m);
        const sum = v.map((value, i) => value + e[i]!);
        const bytes = ef.encode(v);
        expect(bytes).toEqual(plain.encode(sum));
        expect(twin.encode(v)).toEqual(bytes);
        e.set(sum);
        plain.addTo(bytes, -1, e);
        expect(ef.error()).toEqual(e);
        expect(v).toEqual(f32(d, m));
      }
    });
  }

  test("from the core's own input, and encodeInto", () => {
    const a = wasm.errorFeedback(wasm.codec("rand-k:k=6", d));
    const b = wasm.errorFeedback(wasm.codec("rand-k:k=6", d));
    const buffer = new Uint8Array(a.maxBytes);
    for (let m = 0; m < 4; ++m) {
      a.input.set(f32(d, m));
      const length = a.encodeInto(a.input, buffer);
      expect(buffer.slice(0, length)).toEqual(b.encode(f32(d, m)));
      expect(a.input).toEqual(f32(d, m));
    }
    expect(a.state()).toEqual(b.state());
  });

  test("an error changes nothing", () => {
    const ef = wasm.errorFeedback(wasm.codec("rand-k:k=6", d));
    ef.encode(f32(d));
    const before = ef.state();
    const bad = f32(d);
    bad[4] = Number.NaN;
    expect(thrown(() => ef.encode(bad)).message).toMatch(/NaN at index 4/);
    expect(thrown(() => ef.encodeInto(f32(d), new Uint8Array(9)))).toBeInstanceOf(RangeError);
    expect(thrown(() => ef.encode(f32(d - 1)))).toBeInstanceOf(RangeError);
    // d/k x overflows: C is finite on the wire, e is not
    expect(thrown(() => ef.encode(new Float32Array(d).fill(1e38))).message).toMatch(/finite/);
    expect(ef.state()).toEqual(before);
    expect(ef.messages).toBe(1);
  });

  test("two feedbacks on one codec keep apart, and the codec counts its own messages", () => {
    const codec = wasm.codec("rand-k:k=6", d);
    const a = wasm.errorFeedback(codec);
    const b = wasm.errorFeedback(codec);
    expect(a.encode(f32(d))).toEqual(b.encode(f32(d)));
    expect(codec.messages).toBe(0);
    expect(a.messages).toBe(1);
  });
});

describe("states", () => {
  const kinds = {
    "error feedback": () => wasm.errorFeedback(wasm.codec("rand-k:k=6", d, { seed: 3n })),
    "shifted codec": () => wasm.shifted(wasm.codec("rand-k:k=6", d, { seed: 3n })),
    "shifted codec f64": () => wasm.shifted(wasm.codec("rand-k:k=6", d, { seed: 3n, dtype: "f64" })),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const input = (m: number) => (kind.endsWith("f64") ? f64(d, m) : f32(d, m)) as never;
    test(`${kind}: a restored object goes on bit for bit`, () => {
      const a = make();
      for (let m = 0; m < 5; ++m) a.encode(input(m));
      const b = make();
      b.restore(a.state());
      expect(b.messages).toBe(5);
      for (let m = 5; m < 8; ++m) expect(b.encode(input(m))).toEqual(a.encode(input(m)));
      expect(b.state()).toEqual(a.state());
    });

    test(`${kind}: 4000 damaged states, the hash mended or not`, () => {
      const a = make();
      a.encode(input(1));
      const state = a.state();
      const b = make();
      b.encode(input(2));
      const before = b.state();
      let refused = 0;
      for (let i = 0; i < 4000; ++i) {
        const bad = state.slice(0, i % 3 === 0 ? (i * 7919) % state.length : state.length);
        if (bad.length > 0) bad[(i * 104729) % bad.length]! ^= 1 << (i % 8);
        if (i % 2) rehash(bad);
        try {
          b.restore(bad);
          b.restore(before);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          refused += 1;
          if (i % 50 === 0) expect(b.state()).toEqual(before);
        }
      }
      expect(refused).toBeGreaterThan(2000);
      expect(b.state()).toEqual(before);
    });
  }

  test("a compressor that remembers: its memory is in the state, and moves only with messages that go out", () => {
    const spec = "power-sgd:rank=2,start=warm";
    for (const library of [wasm, reference]) {
      const make = () => library.errorFeedback(library.codec(spec, d, { seed: 5n }));
      const [a, b] = [make(), make()];
      for (let m = 0; m < 4; ++m) a.encode(f32(d, m));
      b.encode(f32(d, 9)); // whatever was there before
      const state = a.state();
      b.restore(state);
      expect(state[3]! & 4).toBe(4);
      for (let m = 4; m < 8; ++m) {
        const twin = b.encode(f32(d, m));
        expect(() => a.encodeInto(f32(d, m), new Uint8Array(10))).toThrow("buffer must have");
        expect(() => a.encode(f32(d, m).fill(Number.NaN, 3, 4))).toThrow(RangeError);
        expect(a.encode(f32(d, m))).toEqual(twin);
      }
      expect(b.state()).toEqual(a.state());
      // without it, the same error and message number give another message
      const other = make();
      const forgetful = state.slice();
      forgetful.fill(0, forgetful.length - 16, forgetful.length - 8);
      rehash(forgetful);
      other.restore(forgetful);
      b.restore(state);
      expect(other.encode(f32(d, 4))).not.toEqual(b.encode(f32(d, 4)));
      expect(code(() => library.errorFeedback(library.codec("power-sgd:rank=2", d)).restore(state))).toBe("spec");
      const flagless = state.slice();
      flagless[3] = 0;
      rehash(flagless);
      expect(code(() => a.restore(flagless))).toBe("kind");
      const short = state.slice(0, -1);
      rehash(short);
      expect(code(() => a.restore(short))).toBe("truncated");
    }
  });

  test("the state of something else is refused by name", () => {
    const ef = wasm.errorFeedback(wasm.codec("rand-k:k=6", d));
    const state = ef.state();
    const other = (spec: string, dim: number, dtype: "f32" | "f64" = "f32") =>
      wasm.errorFeedback(wasm.codec(spec, dim, { dtype }) as Codec);
    expect(code(() => other("rand-k:k=7", d).restore(state))).toBe("spec");
    expect(code(() => other("rand-k:k=6", d + 1).restore(state))).toBe("dim");
    expect(code(() => other("rand-k:k=6", d, "f64").restore(state))).toBe("spec");
    const up = wasm.shifted(wasm.codec("rand-k:k=6", d), { alpha: 0.5 });
    expect(code(() => up.restore(state))).toBe("kind");
    expect(code(() => ef.restore(up.state()))).toBe("kind");
    expect(code(() => wasm.shifted(wasm.codec("rand-k:k=6", d), { alpha: 0.25 }).restore(up.state()))).toBe("spec");
  });
});

describe("shifted", () => {
  for (const spec of shiftable) {
    test(`${spec}: both ends keep one shift, on both backends`, () => {
      const codec = wasm.codec(spec, d, { seed: 9n });
      const up = wasm.shifted(codec);
      const twin = reference.shifted(reference.codec(spec, d));
      const plain = wasm.codec(spec, d, { seed: 9n });
      const h = new Float32Array(d);
      for (let m = 0; m < 6; ++m) {
        const v = f32(d, m);
        const bytes = up.encode(v);
        const difference = plain.decode(plain.encode(v.map((value, i) => value - h[i]!)));
        expect(codec.decode(bytes)).toEqual(difference); // what the message itself carries
        expect(wasm.decode(bytes)).toEqual(difference);
        const acc = f32(d, 100 + m);
        const expected = acc.map((a, i) => Math.fround(a + Math.fround(0.5 * h[i]!)));
        plain.addTo(bytes, 0.5, expected);
        twin.addTo(bytes, 0.5, acc);
        expect(acc).toEqual(expected);
        plain.addTo(bytes, up.alpha, h);
        expect(up.shift()).toEqual(h);
        expect(twin.shift()).toEqual(h);
        expect(wasm.inspect(bytes).digest).toMatch(/^[0-9a-f]{16}$/);
      }
      expect(up.state()).toEqual(twin.state());
    });
  }

  test("the chain is what the format says", () => {
    const up = wasm.shifted(wasm.codec("identity", 3), { alpha: 0.5 });
    let chain = xxh64(new Uint8Array(new Float64Array([0.5]).buffer));
    for (let m = 0; m < 3; ++m) {
      const bytes = up.encode(f32(3, m));
      expect(wasm.inspect(bytes).digest).toBe(chain.toString(16).padStart(16, "0"));
      chain = xxh64(bytes, chain);
    }
  });

  test("lost, repeated, reordered and foreign messages are refused and change nothing", () => {
    const make = (alpha?: number): Shifted => wasm.shifted(wasm.codec("rand-k:k=6", d), { alpha });
    const up = make();
    const twin = make();
    const [a, b, c] = [1, 2, 3].map((m) => up.encode(f32(d, m))) as [Uint8Array, Uint8Array, Uint8Array];
    const acc = f32(d);
    const before = twin.state();
    const refuse = (bytes: Uint8Array) => {
      const state = twin.state();
      expect(code(() => twin.addTo(bytes, 1, acc))).toBe("digest");
      expect(twin.state()).toEqual(state);
    };
    refuse(b);
    expect(acc).toEqual(f32(d));
    expect(twin.state()).toEqual(before);
    twin.addTo(a, 0, acc);
    refuse(a);
    refuse(c);
    twin.addTo(b, 0, acc);
    twin.addTo(c, 0, acc);
    expect(twin.shift()).toEqual(up.shift());
    expect(code(() => make(0.5).addTo(a, 1, acc))).toBe("digest");
    expect(code(() => make().addTo(wasm.codec("rand-k:k=6", d).encode(f32(d)), 1, acc))).toBe("digest");
    // a receiver that lost its state takes the sender's
    const late = make();
    late.restore(up.state());
    late.addTo(up.encode(f32(d, 4)), 1, acc);
    expect(late.shift()).toEqual(up.shift());
  });

  test("its own accumulator is worked on in place", () => {
    const up = wasm.shifted(wasm.codec("rand-k:k=6", d));
    const twin = wasm.shifted(wasm.codec("rand-k:k=6", d));
    const outside = new Float32Array(d);
    const other = wasm.shifted(wasm.codec("rand-k:k=6", d));
    for (let m = 0; m < 4; ++m) {
      const bytes = up.encode(f32(d, m));
      twin.addTo(bytes, 0.25, twin.accumulator);
      other.addTo(bytes, 0.25, outside);
    }
    expect(twin.accumulator).toEqual(outside);
  });

  test("a message that would make the shift infinite is refused", () => {
    const up = wasm.shifted(wasm.codec("identity", 4));
    const bytes = up.encode(f32(4));
    new DataView(bytes.buffer).setFloat32(bytes.length - 16 - 16, Number.NaN, true);
    const twin = wasm.shifted(wasm.codec("identity", 4));
    const acc = new Float32Array(4);
    expect(code(() => twin.addTo(rehash(bytes), 1, acc))).toBe("value");
    expect(acc).toEqual(new Float32Array(4));
    expect(twin.messages).toBe(0);
  });
});
