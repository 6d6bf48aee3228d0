import { describe, expect, test } from "vitest";
import { WireError } from "../../src/index.ts";
import { checkEnvelope, messageHead, readFields } from "../../src/wire/message.ts";
import { Cursor, varintBytes, writeVarint } from "../../src/wire/varint.ts";
import { f32, rehash, thrown, wasm, xxh64 } from "../codec/support.ts";

const code = (f: () => unknown): string | undefined => {
  const error = thrown(f);
  expect(error).toBeInstanceOf(WireError);
  return error.code;
};

describe("varints", () => {
  test("round trip at every length's limits", () => {
    for (const n of [0, 1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455, 268435456, 2 ** 31, 2 ** 32 - 1]) {
      const out = new Uint8Array(6).fill(0xee);
      const end = writeVarint(out, 0, n);
      expect(end).toBe(varintBytes(n));
      expect(out[end]).toBe(0xee);
      const cursor = new Cursor().over(out, 0, end);
      expect(cursor.varint("n")).toBe(n);
      expect(cursor.left).toBe(0);
    }
    expect(
      [...new Uint8Array(3).map((_, i) => [0xac, 0x02, 0][i]!)].slice(0, writeVarint(new Uint8Array(3), 0, 300)),
    ).toEqual([0xac, 0x02]);
  });

  test("what is refused", () => {
    const read = (...bytes: number[]) => new Cursor().over(Uint8Array.from(bytes), 0, bytes.length).varint("n");
    expect(code(() => read())).toBe("truncated");
    expect(code(() => read(0x80))).toBe("truncated");
    expect(code(() => read(0xff, 0xff, 0xff, 0xff))).toBe("truncated");
    expect(code(() => read(0x80, 0x00))).toBe("value");
    expect(code(() => read(0xff, 0x80, 0x00))).toBe("value");
    expect(code(() => read(0xff, 0xff, 0xff, 0xff, 0x1f))).toBe("value");
    expect(code(() => read(0xff, 0xff, 0xff, 0xff, 0x8f, 0x00))).toBe("value");
    expect(read(0xff, 0xff, 0xff, 0xff, 0x0f)).toBe(2 ** 32 - 1);
  });
});

describe("bytes of a message", () => {
  test("identity, by hand", () => {
    const bytes = wasm.codec("identity", 2).encode(Float32Array.of(1, -2));
    const body = [0x54, 0x57, 1, 0, 2, 1, 1, 0, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0];
    expect([...bytes.subarray(0, -8)]).toEqual(body);
    const hash = new DataView(bytes.buffer).getBigUint64(bytes.length - 8, true);
    expect(hash).toBe(xxh64(Uint8Array.from(body)));
  });

  test("option text, f64, and flags", () => {
    const bytes = wasm.codec("rand-k:k=2", 200, { dtype: "f64", hash: false }).encode(new Float64Array(200));
    const head = [0x54, 0x57, 1, 3, 0xc8, 1, 1, 4, 3, 0x6b, 0x3d, 0x32, 20];
    expect([...bytes.subarray(0, head.length)]).toEqual(head);
    expect(bytes.length).toBe(head.length + 20);
  });

  test("the hash: the published XXH64 of known strings", () => {
    const text = (s: string) => new TextEncoder().encode(s);
    expect(xxh64(text(""))).toBe(0xef46db3751d8e999n);
    expect(xxh64(text("a"))).toBe(0xd24ec4f1a98c6e5bn);
    expect(xxh64(text("abc"))).toBe(0x44bc2cf5ad770999n);
  });
});

describe("the order of checks", () => {
  const good = wasm.codec("rand-k:k=3", 40).encode(f32(40));
  const edit = (at: number, value: number, hash = false) => {
    const out = good.slice();
    out[at] = value;
    return hash ? rehash(out) : out;
  };
  const cases: [string, Uint8Array, string][] = [
    ["empty", new Uint8Array(0), "truncated"],
    ["8 bytes", good.slice(0, 8), "truncated"],
    ["no room for the hash", good.slice(0, 16), "truncated"],
    ["magic", edit(0, 0x53), "magic"],
    ["version", edit(2, 2), "version"],
    ["flags", edit(3, 8), "kind"],
    ["damaged", edit(20, 0xff), "hash"],
    ["cut off", good.slice(0, -1), "hash"],
    ["parts 0", edit(5, 0, true), "kind"],
    ["parts 2", edit(5, 2, true), "kind"],
    ["compressor 0", edit(6, 0, true), "kind"],
    ["compressor 120", edit(6, 120, true), "kind"],
    ["option text longer than the message", edit(7, 120, true), "truncated"],
    ["option text no ASCII", edit(9, 0xff, true), "spec"],
    ["option of another name", edit(8, 0x6a, true), "spec"],
    ["option not canonical", edit(8 + 2, 0x2b, true), "spec"],
    ["payload too short", edit(11, 15, true), "trailing"],
    ["payload too long", edit(11, 17, true), "truncated"],
    ["digest flag", edit(3, 4, true), "truncated"],
    ["hash flag off", edit(3, 2, true), "trailing"],
    ["f64", edit(3, 1, true), "truncated"],
  ];
  for (const [what, bytes, expected] of cases) {
    test(what, () => expect(code(() => wasm.decode(bytes))).toBe(expected));
  }

  test("an option text beyond its bound", () => {
    const head = messageHead(2, 4, 1, "x".repeat(4096));
    const bytes = new Uint8Array(head.length + 1);
    bytes.set(head);
    expect(readFields(bytes, 0, bytes.length).options.length).toBe(4096);
    bytes[7]! += 1;
    expect(code(() => readFields(bytes, 0, bytes.length))).toBe("spec");
    expect(() => messageHead(0, 4, 1, "x".repeat(4097))).toThrow(/4096 ASCII/);
    expect(() => messageHead(0, 4, 1, "\u00e4")).toThrow(/ASCII/);
  });

  test("nesting without end", () => {
    const text = `biased=${"(induced:biased=".repeat(50)}(zero)${")".repeat(50)}`;
    const head = messageHead(2, 4, 13, text);
    const bytes = new Uint8Array(head.length + 1);
    bytes.set(head);
    expect(["spec", "kind"]).toContain(code(() => wasm.decode(bytes)));
  });

  test("fields", () => {
    const flags = checkEnvelope(good);
    expect(flags).toBe(0);
    expect(readFields(good, 0, good.length)).toEqual({
      flags: 0,
      dtype: "f32",
      dim: 40,
      wireId: 4,
      options: "k=3",
      payloadAt: 12,
      payloadBytes: 16,
      digestAt: 0,
    });
  });
});
