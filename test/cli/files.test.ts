import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { readNpy, writeNpy } from "../../src/data/npy.ts";
import { readSafetensors, type Tensor, writeSafetensors } from "../../src/data/safetensors.ts";
import { at, leftovers, thinwire } from "./support.ts";

const values = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i) * 3);
const doubles = Float64Array.from(values, (x) => x / 3);
const bytesOf = (v: Float32Array | Float64Array) => new Uint8Array(v.buffer);
const tensors = new Map<string, Tensor>([
  ["layer.weight", { shape: [3, 20], values }],
  ["layer.bias", { shape: [20], values: doubles.slice(0, 20) }],
  ["scalar", { shape: [], values: Float32Array.of(2.5) }],
  ["empty", { shape: [0, 4], values: new Float32Array(0) }],
]);

/** One float tensor, one of bytes and one of integers, as other tools write them. */
function mixedFile(): Uint8Array {
  const header = {
    __metadata__: { format: "pt" },
    ids: { dtype: "I64", shape: [2], data_offsets: [0, 16] },
    w: { dtype: "F32", shape: [2, 2], data_offsets: [16, 32] },
    mask: { dtype: "U8", shape: [3], data_offsets: [32, 35] },
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + 35);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set([9, 0, 0, 0, 0, 0, 0, 0, 7], 8 + text.length);
  out.set(bytesOf(Float32Array.of(1, -2, 3, -4)), 8 + text.length + 16);
  out.set([1, 0, 1], 8 + text.length + 32);
  return out;
}

beforeAll(() => {
  writeFileSync(at("v.f32"), bytesOf(values));
  writeFileSync(at("v.f64"), bytesOf(doubles));
  writeFileSync(at("v.npy"), writeNpy(values));
  writeFileSync(at("matrix.npy"), writeNpy(doubles, [3, 4, 5]));
  writeFileSync(at("model.safetensors"), writeSafetensors(tensors, new Map([["epoch", "3"]])));
  writeFileSync(at("mixed.safetensors"), mixedFile());
});

const ok = (args: readonly string[]) => {
  const result = thinwire(args);
  expect(result.err).toBe("");
  expect(result.code).toBe(0);
  return result.out;
};

test.each(["v.f32", "v.f64", "v.npy", "matrix.npy", "model.safetensors", "mixed.safetensors"])(
  "%s: the identity brings it back byte for byte, or tensor for tensor",
  (name) => {
    ok(["encode", name, "--spec", "identity", "-o", `${name}.tw`]);
    ok(["decode", `${name}.tw`, "-o", `back-${name}`]);
    const [before, after] = [readFileSync(at(name)), readFileSync(at(`back-${name}`))];
    if (!name.endsWith("safetensors")) {
      expect(after.equals(before)).toBe(true);
      return;
    }
    const [a, b] = [readSafetensors(before), readSafetensors(after)];
    expect(new Map(b.metadata)).toEqual(new Map(a.metadata));
    expect([...b.tensors.keys()].sort()).toEqual([...a.tensors.keys()].sort());
    for (const [key, { dtype, shape }] of a.tensors) {
      expect(b.tensors.get(key)).toMatchObject({ dtype, shape });
      if (dtype.startsWith("F")) expect(b.get(key).values).toEqual(a.get(key).values);
    }
  },
);

test("one vector decodes to any format that holds it", () => {
  ok(["encode", "v.npy", "--spec", "identity", "-o", "one.tw"]);
  ok(["decode", "one.tw", "-o", "one.f32"]);
  expect(readFileSync(at("one.f32")).equals(bytesOf(values))).toBe(true);
  ok(["decode", "one.tw", "-o", "one.npy"]);
  expect(readNpy(readFileSync(at("one.npy"))).values).toEqual(values);
  ok(["decode", "one.tw", "-o", "one.safetensors"]);
  expect(readSafetensors(readFileSync(at("one.safetensors"))).get("array").values).toEqual(values);
  expect(thinwire(["decode", "one.tw", "-o", "one.f64"])).toMatchObject({ code: 1 });
  ok(["encode", "model.safetensors", "--spec", "identity", "-o", "many.tw"]);
  expect(thinwire(["decode", "many.tw", "-o", "many.npy"]).err).toContain("holds one vector, got 4");
});

test("several messages are a safetensors file of bytes that any reader opens", () => {
  ok(["encode", "model.safetensors", "--spec", "rand-k:ratio=0.1", "-o", "open.tw"]);
  const { tensors: found, metadata } = readSafetensors(readFileSync(at("open.tw")));
  expect([...found.values()].every(({ dtype }) => dtype === "U8")).toBe(true);
  expect(metadata.get("epoch")).toBe("3");
  expect(JSON.parse(metadata.get("thinwire")!).shapes["layer.weight"]).toEqual([3, 20]);
});

test("figures: bits before and after, and seeds that matter", () => {
  const args = ["encode", "v.f32", "--spec", "rand-k:k=6", "--json", "--force"];
  const figures = JSON.parse(ok([...args, "-o", "s.tw", "--seed", "18446744073709551615"]));
  expect(figures).toMatchObject({ messages: 1, bitsBefore: 60 * 32, out: "s.tw" });
  expect(figures.bitsAfter).toBe(8 * readFileSync(at("s.tw")).length);
  expect(figures.ratio).toBeCloseTo(figures.bitsBefore / figures.bitsAfter, 12);
  const first = readFileSync(at("s.tw"));
  ok([...args, "-o", "s.tw", "--seed", "18446744073709551614"]);
  expect(readFileSync(at("s.tw")).equals(first)).toBe(false);
  ok([...args, "-o", "s.tw", "--seed=18446744073709551615"]);
  expect(readFileSync(at("s.tw")).equals(first)).toBe(true);
  ok(["encode", "v.f64", "--spec", "identity", "--dtype", "f32", "-o", "narrow.tw"]);
  expect(JSON.parse(ok(["inspect", "narrow.tw", "--json"])).messages[0].dtype).toBe("f32");
});

test("inspect: what each message says", () => {
  ok(["encode", "v.f64", "--spec", "rand-k:ratio=0.1", "-o", "i.tw"]);
  const { messages } = JSON.parse(ok(["inspect", "i.tw", "--json"]));
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatchObject({ compressor: "rand-k", dim: 60, dtype: "f64", hash: "ok" });
  expect(messages[0].payloadBits).toBe(8 * (4 + 6 * 8));
  expect(messages[0].bitsPerEntry).toBeCloseTo(messages[0].payloadBits / 60, 12);
  expect(ok(["inspect", "i.tw"])).toContain("rand-k:k=6");
  ok(["encode", "mixed.safetensors", "--spec", "identity", "-o", "m.tw"]);
  const text = ok(["inspect", "m.tw"]);
  expect(text).toContain("2 of other types kept as they are: ids, mask");
});

test("an output that exists is kept unless forced", () => {
  writeFileSync(at("kept.tw"), "mine");
  const args = ["encode", "v.f32", "--spec", "identity", "-o", "kept.tw"];
  const { code, err } = thinwire(args);
  expect({ code, err }).toEqual({ code: 1, err: "thinwire encode: kept.tw: exists; give --force to overwrite it\n" });
  expect(readFileSync(at("kept.tw"), "utf8")).toBe("mine");
  ok([...args, "--force"]);
  expect(readFileSync(at("kept.tw"), "utf8")).not.toBe("mine");
  // the default output of decode would be the original
  ok(["encode", "v.f32", "--spec", "identity", "--force"]);
  expect(thinwire(["decode", "v.f32.tw"]).err).toContain("v.f32: exists");
});

test("output that cannot be written: one line, exit 1, nothing left behind", () => {
  mkdirSync(at("folder.tw"));
  const cases = [
    ["/dev/full", "the disk is full"],
    ["missing/x.tw", "no such file or folder"],
    ["v.f32/x.tw", "a part of the path is a file"],
    ["folder.tw", "it is a folder"],
    ["/proc/x.tw", ""],
  ] as const;
  for (const [out, reason] of cases) {
    const { code, err } = thinwire(["encode", "v.f32", "--spec", "identity", "-o", out]);
    expect(code).toBe(1);
    expect(err).toContain(`thinwire encode: ${out}: cannot be written: ${reason}`);
    expect(err.trimEnd()).not.toContain("\n");
  }
  expect(leftovers()).toEqual([]);
  expect(existsSync(at("missing"))).toBe(false);
});

test("content that is wrong is exit 1, and names the file", () => {
  writeFileSync(at("odd.f32"), new Uint8Array(7));
  writeFileSync(at("nan.f32"), bytesOf(Float32Array.of(1, Number.NaN)));
  writeFileSync(at("junk.tw"), "not a message at all, but long enough");
  writeFileSync(at("short.tw"), readFileSync(at("v.f32")).subarray(0, 3));
  ok(["encode", "v.f32", "--spec", "identity", "-o", "cut.tw"]);
  writeFileSync(at("cut.tw"), readFileSync(at("cut.tw")).subarray(0, 100));
  const cases = [
    [["encode", "odd.f32", "--spec", "identity"], "odd.f32: length must be a multiple of 4 bytes, got 7"],
    [["encode", "nan.f32", "--spec", "identity"], "nan.f32: "],
    [["encode", "v.txt", "--spec", "identity"], "v.txt: "],
    [["decode", "junk.tw"], "junk.tw: "],
    [["decode", "short.tw"], "short.tw: "],
    [["decode", "cut.tw"], "cut.tw: "],
    [["inspect", "junk.tw"], "junk.tw: "],
    [["decode", "model.safetensors"], "model.safetensors: expected Thinwire messages"],
    [["decode", "one.tw", "--max-dim", "10", "-o", "never.f32"], "one.tw: "],
  ] as const;
  for (const [args, message] of cases) {
    const { code, err } = thinwire(args);
    expect({ args, code }).toEqual({ args, code: 1 });
    expect(err).toContain(message);
    expect(err.trimEnd()).not.toContain("\n");
  }
  expect(existsSync(at("never.f32"))).toBe(false);
});

test("a spec that is wrong is bad usage", () => {
  for (const spec of ["rand-q:k=3", "rand-k:q=3", "rand-k:k=0", "rand-k:k=61", "rand-k"]) {
    const { code, err } = thinwire(["encode", "v.f32", "--spec", spec, "-o", "never.tw"]);
    expect({ spec, code }).toEqual({ spec, code: 2 });
    expect(err).toMatch(/^thinwire encode: \S.*\n$/);
  }
});
