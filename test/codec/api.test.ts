import { describe, expect, test } from "vitest";
import { load, WireError } from "../../src/index.ts";
import { exampleSpec, f32, f64, names, normal, reference, specs, thrown, wasm } from "./support.ts";

const has = (name: string) => names.includes(name);

describe("the embedder's example", () => {
  test.runIf(has("top-k"))("from the first line to the last", async () => {
    const d = 100_000;
    const gradient = f32(d, 7);
    const before = gradient.slice();
    const tw = await load();
    const codec = tw.codec("top-k:ratio=0.01", d, { seed: 7n });
    const bytes = codec.encode(gradient);
    expect(gradient).toEqual(before);
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.buffer.byteLength).toBe(bytes.length);

    const buffer = new Uint8Array(codec.maxBytes);
    expect(codec.encodeInto(gradient, buffer)).toBe(bytes.length);

    const dense = codec.decode(bytes);
    expect(dense).toBeInstanceOf(Float32Array);
    const threshold = Math.abs([...gradient].sort((a, b) => Math.abs(b) - Math.abs(a))[999]!);
    expect(dense.every((v, i) => v === (Math.abs(gradient[i]!) >= threshold ? gradient[i] : 0))).toBe(true);

    const accumulator = f32(d, 8);
    const expected = accumulator.map((a, i) => Math.fround(a + Math.fround(Math.fround(0.1) * dense[i]!)));
    codec.addTo(bytes, 0.1, accumulator);
    expect(accumulator).toEqual(expected);

    expect(tw.inspect(bytes)).toMatchObject({ spec: "top-k:k=1000", dim: d, dtype: "f32", bits: 8 * bytes.length });
    expect(tw.decode(bytes, { maxDim: d })).toEqual(dense);
    codec.input.set(gradient);
    expect(codec.decode(codec.encode(codec.input))).toEqual(dense);
    expect(codec.delta).toBe(0.01);
    expect(codec.omega).toBeUndefined();
    expect(codec.spec).toBe("top-k:k=1000");
  });

  test("constants, and the sides of a shifted codec", () => {
    const codec = wasm.codec("rand-k:k=4", 16);
    expect(codec.omega).toBe(3);
    expect(codec.delta).toBeUndefined();
    expect(codec.constants).toMatchObject({ omega: 3, eta: 0 });
    expect(wasm.shifted(codec).alpha).toBe(0.25);
    expect(wasm.shifted(codec, { alpha: 0.5 }).alpha).toBe(0.5);
  });
});

describe("messages", () => {
  test("Rand-K carries no indices, and the header is small", () => {
    const codec = wasm.codec("rand-k:k=10000", 1_000_000);
    const bytes = codec.encode(f32(1_000_000));
    const info = wasm.inspect(bytes);
    expect(info).toEqual({
      spec: "rand-k:k=10000",
      compressor: "rand-k",
      options: { k: 10000 },
      dim: 1_000_000,
      dtype: "f32",
      version: 1,
      bits: 8 * bytes.length,
      payloadBits: 8 * (4 + 4 * 10000),
      framingBits: 8 * (4 + 3 + 1 + 1 + 1 + 7 + 3 + 8),
      hash: "ok",
    });
    expect(bytes.length).toBe(codec.maxBytes);
  });

  for (const spec of specs(300)) {
    for (const dtype of ["f32", "f64"] as const) {
      test(`${spec} ${dtype}: sizes, round trip, both backends`, () => {
        const options = { seed: 5, node: 3, dtype };
        const a = wasm.codec(spec, 300, options);
        const b = reference.codec(spec, 300, options);
        expect(wasm.codec(a.spec, 300, options).spec).toBe(a.spec);
        for (let m = 0; m < 4; ++m) {
          const x = dtype === "f32" ? f32(300, m) : f64(300, m);
          const bytes = a.encode(x as never);
          expect(b.encode(x as never)).toEqual(bytes);
          expect(bytes.length).toBeLessThanOrEqual(a.maxBytes);
          const info = wasm.inspect(bytes);
          expect(info).toMatchObject({ spec: a.spec, dim: 300, dtype, hash: "ok", bits: 8 * bytes.length });
          expect(info.framingBits).toBeLessThanOrEqual(8 * 64);
          const dense = a.decode(bytes);
          expect(b.decode(bytes)).toEqual(dense);
          expect(wasm.decode(bytes)).toEqual(dense);
          expect(reference.decode(bytes)).toEqual(dense);
          a.accumulator.fill(0);
          a.addTo(bytes, 1, a.accumulator as never);
          expect(a.accumulator).toEqual(dense);
        }
      });
    }
  }

  for (const name of names) {
    test(`${name}: d = 0 and 1, zeros`, () => {
      for (const dim of [0, 1, 2]) {
        let spec: string;
        try {
          spec = exampleSpec(name, dim).replace(/k=3/g, "k=1");
        } catch {
          spec = dim > 0 && name.endsWith("-k") ? `${name}:k=1` : "";
        }
        if (spec === "") continue;
        const codec = wasm.codec(spec, dim, { dtype: "f64" });
        const bytes = codec.encode(new Float64Array(dim));
        const back = codec.decode(bytes);
        expect(back.length).toBe(dim);
        if (!codec.constants.raw) expect(back.every((v) => v === 0)).toBe(true);
        expect(wasm.decode(bytes)).toEqual(back);
      }
    });

    test(`${name}: names the first entry that is not finite, and goes on as if nothing had been`, () => {
      const spec = exampleSpec(name, 40);
      if (name === "zero") return;
      const codec = wasm.codec(spec, 40, { seed: 1n });
      const fresh = wasm.codec(spec, 40, { seed: 1n });
      const bad = f32(40);
      bad[17] = Number.NaN;
      bad[30] = Number.POSITIVE_INFINITY;
      const error = thrown(() => codec.encode(bad));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toMatch(/NaN at index 17/);
      expect(codec.messages).toBe(0);
      expect(codec.encode(f32(40))).toEqual(fresh.encode(f32(40)));
    });
  }

  test("without hash", () => {
    const codec = wasm.codec("rand-k:k=4", 16, { hash: false });
    const hashed = wasm.codec("rand-k:k=4", 16);
    const bytes = codec.encode(f32(16));
    expect(bytes.length).toBe(hashed.encode(f32(16)).length - 8);
    expect(wasm.inspect(bytes).hash).toBe("absent");
    expect(hashed.decode(bytes)).toEqual(codec.decode(bytes));
    expect(wasm.decode(bytes)).toEqual(codec.decode(bytes));
  });
});

describe("randomness", () => {
  test("a message is a function of seed, node and number", () => {
    const make = (seed: bigint | number, node = 0) => wasm.codec("rand-k:k=4", 64, { seed, node });
    const x = f32(64);
    const a = make(7n);
    const first = a.encode(x);
    const second = a.encode(x);
    expect(second).not.toEqual(first);
    expect(make(7).encode(x)).toEqual(first);
    expect(make(8n).encode(x)).not.toEqual(first);
    expect(make(7n, 1).encode(x)).not.toEqual(first);
    expect(a.messages).toBe(2);
    a.seek(1);
    expect(a.encode(x)).toEqual(second);
    a.seek(2 ** 32 - 1);
    a.encode(x);
    expect(thrown(() => a.encode(x)).message).toMatch(/2\^32/);
    expect(a.messages).toBe(2 ** 32);
  });

  test("a buffer that is too short uses up no number", () => {
    const codec = wasm.codec("rand-k:k=4", 64);
    const length = wasm.codec("rand-k:k=4", 64).encode(f32(64)).length;
    const buffer = new Uint8Array(length - 1);
    expect(thrown(() => codec.encodeInto(f32(64), buffer)).message).toBe(
      `encodeInto: buffer must have at least ${length} bytes for this message, got ${length - 1}`,
    );
    expect(buffer.every((b) => b === 0)).toBe(true);
    expect(codec.messages).toBe(0);
    expect(codec.encodeInto(f32(64), new Uint8Array(length))).toBe(length);
  });
});

describe("arguments", () => {
  const codec = wasm.codec("identity", 8);
  const bytes = codec.encode(f32(8));
  const wrong: [string, () => unknown, RegExp, ErrorConstructor][] = [
    ["type", () => codec.encode(f64(8) as never), /Float32Array \(f32\), got Float64Array/, TypeError],
    ["array", () => codec.encode(normal(8, 1) as never), /Float32Array \(f32\), got Array/, TypeError],
    ["nothing", () => codec.encode(undefined as never), /got undefined/, TypeError],
    ["length", () => codec.encode(f32(9)), /8 entries \(d\), got 9/, RangeError],
    ["accumulator", () => codec.addTo(bytes, 1, f32(7)), /8 entries \(d\), got 7/, RangeError],
    ["scale", () => codec.addTo(bytes, Number.NaN, f32(8)), /finite in f32, got NaN/, RangeError],
    ["scale f32", () => codec.addTo(bytes, 1e39, f32(8)), /finite in f32, got 1e\+39/, RangeError],
    ["bytes", () => codec.decode([...bytes] as never), /Uint8Array, got Array/, TypeError],
    ["seed", () => wasm.codec("identity", 8, { seed: -1 }), /seed .* got -1/, RangeError],
    ["seed 65 bits", () => wasm.codec("identity", 8, { seed: 1n << 64n }), /seed/, RangeError],
    ["seed fraction", () => wasm.codec("identity", 8, { seed: 0.5 }), /got 0.5/, RangeError],
    ["node", () => wasm.codec("identity", 8, { node: 2 ** 32 }), /node .* got 4294967296/, RangeError],
    ["d", () => wasm.codec("identity", -1), /d must be an integer .* got -1/, RangeError],
    ["dtype", () => wasm.codec("identity", 8, { dtype: "f16" as never }), /got f16/, RangeError],
    ["option", () => wasm.codec("identity", 8, { sed: 1 } as never), /got "sed"/, RangeError],
    ["name", () => wasm.codec("identiti", 8), /identity/, Error],
    ["k", () => wasm.codec("rand-k:k=9", 8), /1..8 \(d\), got 9/, RangeError],
    ["maxDim", () => wasm.decode(bytes, { maxDim: -1 }), /maxDim .* got -1/, RangeError],
    ["alpha", () => wasm.shifted(codec, { alpha: 1.5 }), /alpha must be in \(0, 1\], got 1.5/, RangeError],
    ["codec", () => wasm.errorFeedback({} as never), /codec\(\) returned/, TypeError],
  ];
  for (const [what, call, message, type] of wrong) {
    test(what, () => {
      const error = thrown(call);
      expect(error.message).toMatch(message);
      expect(error).toBeInstanceOf(type);
    });
  }

  test("an unknown backend", async () => {
    await expect(load({ backend: "gpu" as never })).rejects.toThrow(/wasm or reference, got gpu/);
  });

  test("another codec's message", () => {
    const x = f32(8);
    const code = (f: () => unknown) => {
      const error = thrown(f);
      expect(error).toBeInstanceOf(WireError);
      return error.code;
    };
    const other = wasm.codec("rand-k:k=2", 8);
    expect(code(() => other.decode(bytes))).toBe("spec");
    expect(code(() => codec.decode(other.encode(x)))).toBe("spec");
    expect(code(() => wasm.codec("rand-k:k=3", 8).decode(other.encode(x)))).toBe("spec");
    expect(code(() => wasm.codec("identity", 9).decode(bytes))).toBe("dim");
    expect(code(() => wasm.codec("identity", 8, { dtype: "f64" }).decode(bytes))).toBe("spec");
    const long = wasm.codec("identity", 5000).encode(f32(5000));
    expect(code(() => codec.decode(long))).toBe("dim");
    long[100]! ^= 1;
    expect(code(() => codec.decode(long))).toBe("hash");
    expect(code(() => wasm.decode(bytes, { maxDim: 7 }))).toBe("dim");
    wasm.decode(bytes, { maxDim: 8 });
    expect(code(() => wasm.decode(bytes, { maxDim: 7 }))).toBe("dim");
  });

  test("views: the codec's own vectors stay the same objects", () => {
    const c = wasm.codec("rand-k:k=2", 8);
    const { input, accumulator } = c;
    input.set(f32(8));
    for (let i = 0; i < 10; ++i) c.addTo(c.encode(c.input), 1, c.accumulator);
    expect(c.input).toBe(input);
    expect(c.accumulator).toBe(accumulator);
    expect(input).toEqual(f32(8));
    expect(accumulator.length).toBe(8);
  });

  test("messages at any offset, in a Buffer, and in shared memory", () => {
    const padded = new Uint8Array(bytes.length + 3);
    padded.set(bytes, 3);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    for (const view of [padded.subarray(3), Buffer.from(bytes), shared]) {
      expect(codec.decode(view)).toEqual(codec.decode(bytes));
      expect(wasm.decode(view)).toEqual(codec.decode(bytes));
      expect(wasm.inspect(view)).toEqual(wasm.inspect(bytes));
    }
  });
});
