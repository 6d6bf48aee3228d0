/** Run frames: their size, their parts, and that no bytes whatever make a reader do anything but read or refuse. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Vec } from "../../bindings/arena.ts";
import type { Compressor } from "../../src/core/contracts.ts";
import { type WireCode, WireError } from "../../src/core/errors.ts";
import { Rng } from "../../src/core/rng.ts";
import { createOps, createSlots } from "../../src/run/cluster.ts";
import { FROM_SERVER, FrameReader, FrameWriter, Inbox, Kind } from "../../src/wire/frame.ts";

const N = 11;
const D = 10;
const LIMIT = 1 << 16;

function setup(dtype: "f32" | "f64" = "f64", nodes = N) {
  const ops = createOps("wasm", dtype);
  const codecs = createSlots(ops, D, 0, nodes, { fixed: "rand-k:k=3", variable: "top-k:k=3" });
  const writer = new FrameWriter(ops, new Rng(ops, 1n, 0), nodes);
  const reader = new FrameReader(ops, D, nodes, LIMIT);
  const x = ops.from([3, -1, 4, 1, -5, 9, 2, -6, 5, 3.5]);
  const digest = ops.bytes(8);
  digest.view.set([1, 2, 3, 4, 5, 6, 7, 8]);
  return { ops, codecs: codecs as { fixed: Compressor; variable: Compressor }, writer, reader, x, digest };
}
type Setup = ReturnType<typeof setup>;

/** What a receiver reads, part by part. */
type PartKind = "dense" | "scalar" | "fixed" | "variable" | "raw" | "bytes8";

function write(s: Setup, parts: readonly PartKind[], turn = { round: 5, exchange: 0 }, sender = 2): Uint8Array {
  s.writer.begin(Kind.Up, 7, turn, sender);
  for (const part of parts) {
    if (part === "dense") s.writer.dense(s.x);
    else if (part === "scalar") s.writer.scalar(0.5);
    else if (part === "raw") s.writer.raw(Uint8Array.of(9, 8, 7));
    else if (part === "bytes8") s.writer.bytes8(s.digest.ptr);
    else s.writer.put(s.codecs[part], s.x);
  }
  return s.writer.finish(s.digest.ptr);
}

/** Reads the parts in turn and nothing else; the sum of what was read. */
function read(s: Setup, reader: FrameReader, parts: readonly PartKind[], acc: Vec): number {
  let sum = 0;
  for (const part of parts) {
    if (part === "dense") sum += s.ops.dot(reader.dense(), s.x);
    else if (part === "scalar") sum += reader.scalar();
    else if (part === "raw") sum += reader.raw().length;
    else if (part === "bytes8") sum += s.ops.arena.u8[reader.bytes8()]!;
    else reader.addTo(s.codecs[part], 1, acc);
  }
  reader.done();
  return sum;
}

function code(run: () => unknown): WireCode | "fine" {
  try {
    run();
    return "fine";
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

/** Puts the right hash at the end. */
function rehash(s: Setup, frame: Uint8Array): Uint8Array {
  const at = s.ops.bytes(frame.length + 8);
  s.ops.arena.u8.set(frame, at.ptr);
  s.ops.kernels.xxh64(at.ptr, frame.length - 8, 0, 0, at.ptr + frame.length - 8);
  frame.set(s.ops.arena.u8.subarray(at.ptr + frame.length - 8, at.ptr + frame.length), frame.length - 8);
  return frame;
}

describe("framing", () => {
  test("one part: at most 24 bytes for rounds below 2^28 and workers below 2^14 - 1", () => {
    const s = setup("f64", 16383);
    for (const part of ["dense", "scalar", "fixed", "variable"] as const) {
      for (const [round, sender, framing] of [
        [0, FROM_SERVER, 20],
        [127, 126, 20],
        [128, 127, 22],
        [16384, 5, 22],
        [2 ** 28 - 1, 2 ** 14 - 2, 24],
      ] as const) {
        const frame = write(s, [part], { round, exchange: 14 }, sender);
        expect(s.writer.framingBytes).toBe(framing);
        expect(s.writer.payloadBytes + framing).toBe(frame.length);
        s.reader.open(frame);
        expect([s.reader.kind, s.reader.run, s.reader.round, s.reader.exchange, s.reader.sender]).toEqual([
          Kind.Up,
          7,
          round,
          14,
          sender,
        ]);
        expect([s.reader.framingBytes, s.reader.payloadBytes]).toEqual([framing, s.writer.payloadBytes]);
      }
    }
  });

  test("the largest turn and sender", () => {
    const s = setup();
    const frame = write(s, [], { round: 2 ** 32 - 1, exchange: 65535 }, 2 ** 32 - 2);
    s.reader.open(frame.slice());
    expect([s.reader.round, s.reader.exchange, s.reader.sender]).toEqual([2 ** 32 - 1, 65535, 2 ** 32 - 2]);
    expect(frame.length).toBe(2 + 5 + 5 + 3 + 16);
  });

  const lists: PartKind[][] = [
    [],
    ["dense"],
    ["variable", "dense"],
    ["variable", "variable"],
    ["fixed", "variable", "scalar", "dense", "variable", "raw"],
    ["raw", "bytes8", "raw"],
    ["variable", "fixed", "dense", "dense"],
  ];
  for (const parts of lists) {
    test(`parts ${parts.join(", ") || "none"}: in place and copied read alike, also after growth`, () => {
      for (const dtype of ["f64", "f32"] as const) {
        const s = setup(dtype);
        const frame = write(s, parts);
        const a = s.ops.vec(D);
        const inPlace = read(s, s.reader.open(frame), parts, a);
        const other = setup(dtype);
        const copied = read(other, other.reader.open(frame.slice()), parts, other.ops.vec(D));
        expect(copied).toBe(inPlace);
        s.ops.arena.bytes(1 << 20);
        expect(frame.length === 0 || s.ops.arena.buffer === frame.buffer).toBe(true);
        const again = s.ops.vec(D);
        expect(read(s, s.reader.open(s.writer.frame), parts, again)).toBe(inPlace);
        expect(Array.from(again.view)).toEqual(Array.from(a.view));
        expect(s.writer.framingBytes).toBe(20 + lengthsOf(parts));
      }
    });
  }

  function lengthsOf(parts: PartKind[]): number {
    const count = parts.slice(0, -1).filter((part) => part === "variable" || part === "raw").length;
    return count === 0 ? 0 : 4 * count + 1;
  }

  test("dense parts are read where they are, or copied where they would not be aligned", () => {
    const s = setup();
    const frame = write(s, ["dense"]);
    const { ptr } = s.reader.open(frame).dense();
    expect(ptr).toBe(frame.byteOffset + s.writer.framingBytes - 16);
    expect(ptr % 16).toBe(0);
    const foreign = s.reader.open(frame.slice()).dense();
    expect(foreign.ptr % 16).toBe(0); // a copy keeps parts aligned
    const shifted = new Uint8Array(frame.length + 3).subarray(3);
    shifted.set(frame);
    expect(s.reader.open(shifted).dense().ptr % 16).toBe(0);
    const odd = write(s, ["raw", "dense"]);
    const moved = s.reader.open(odd);
    expect(moved.raw()).toEqual(Uint8Array.of(9, 8, 7));
    const v = moved.dense();
    expect(v.ptr % 8).toBe(0);
    expect(Array.from(v.view)).toEqual(Array.from(s.x.view));
  });

  test("bitmaps of those asked and those absent", () => {
    for (const nodes of [1, 8, 11, 64]) {
      const s = setup("f64", nodes);
      const selected = new Uint8Array((nodes + 7) >> 3);
      const absent = new Uint8Array((nodes + 7) >> 3);
      for (let i = 0; i < nodes; i += 3) selected[i >> 3]! |= 1 << (i & 7);
      for (let i = 0; i < nodes; i += 2) absent[i >> 3]! |= 1 << (i & 7);
      for (const which of [0, 1, 2, 3]) {
        s.writer.begin(
          Kind.Down,
          1,
          { round: 1, exchange: 20 },
          FROM_SERVER,
          which & 1 ? selected : undefined,
          which & 2 ? absent : undefined,
        );
        s.writer.dense(s.x);
        for (const frame of [s.writer.finish(s.digest.ptr), s.writer.frame.slice()]) {
          s.reader.open(frame);
          for (let i = 0; i < nodes; ++i) {
            expect(s.reader.selects(i)).toBe(!(which & 1) || i % 3 === 0);
            expect(s.reader.applied(i)).toBe(!(which & 2) || i % 2 !== 0);
          }
          expect(s.reader.exchange).toBe(20);
        }
      }
      if (nodes % 8 === 0) continue;
      const frame = s.writer.frame.slice();
      const at = 2 + 1 + 1 + 1 + selected.length - 1; // last byte of the first bitmap
      frame[at]! |= 0x80;
      expect(code(() => s.reader.open(rehash(s, frame)))).toBe("trailing");
    }
  });

  test("an inbox keeps a frame while its source changes", () => {
    const s = setup();
    const inbox = new Inbox(s.ops);
    inbox.hold(write(s, ["dense", "scalar"]));
    write(s, ["scalar"]);
    expect(inbox.frame.byteOffset % 16).toBe(s.writer.frame.byteOffset % 16);
    expect(read(s, s.reader.open(inbox.frame), ["dense", "scalar"], s.ops.vec(D))).toBe(s.ops.squares(s.x) + 0.5);
    const foreign = write(s, ["dense"]).slice();
    inbox.hold(foreign);
    foreign.fill(0);
    expect(read(s, s.reader.open(inbox.frame), ["dense"], s.ops.vec(D))).toBe(s.ops.squares(s.x));
  });

  test("senders refuse what receivers would", () => {
    const s = setup();
    s.writer.begin(Kind.Up, 1, { round: 0, exchange: 0 }, 0);
    expect(() => s.writer.scalar(Number.NaN)).toThrow(RangeError);
    s.x.view[3] = Number.POSITIVE_INFINITY;
    expect(() => s.writer.dense(s.x)).toThrow("dense vector: entries must be finite, got Infinity at index 3");
    for (let i = 0; i < 255; ++i) s.writer.scalar(i);
    expect(() => s.writer.scalar(0)).toThrow(/at most 255 parts/);
  });
});

describe("bad frames", () => {
  test("any flipped bit is a damaged frame, and the reader keeps the one before", () => {
    const s = setup();
    const good = write(s, ["variable", "dense"]).slice();
    const other = write(s, ["scalar"], { round: 77, exchange: 1 }).slice();
    for (let bit = 0; bit < 8 * good.length; ++bit) {
      s.reader.open(other);
      const bad = good.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      expect(["hash", "truncated", "value", "trailing"]).toContain(code(() => s.reader.open(bad)));
      expect([s.reader.round, s.reader.exchange, s.reader.scalar()]).toEqual([77, 1, 0.5]);
      s.reader.done();
    }
  });

  test("codes", () => {
    const s = setup();
    const frame = write(s, ["dense"], { round: 3, exchange: 0 }).slice();
    const change = (edit: (bytes: number[]) => void) => {
      const bytes = Array.from(frame);
      edit(bytes);
      return rehash(s, Uint8Array.from(bytes));
    };
    expect(code(() => s.reader.open(new Uint8Array(0)))).toBe("truncated");
    expect(code(() => s.reader.open(frame.subarray(0, 19)))).toBe("truncated");
    expect(code(() => s.reader.open(new Uint8Array(LIMIT + 1)))).toBe("dim");
    expect(code(() => s.reader.open(change((b) => b.splice(2, 1, 0x83, 0))))).toBe("value"); // 3 in two bytes
    expect(code(() => s.reader.open(change((b) => b.splice(2, 1, 255, 255, 255, 255, 16))))).toBe("value"); // 2^32
    expect(code(() => s.reader.open(change((b) => (b[0]! |= 0xf0))))).not.toBe("fine"); // an exchange that is not there
    expect(
      code(() =>
        s.reader.open(
          change((b) => {
            b[0]! |= 0xf0;
            b.splice(4, 0, 14);
          }),
        ),
      ),
    ).toBe("value"); // 14 needs no varint
    const longer = change((b) => b.splice(84, 0, 0));
    expect(code(() => read(s, s.reader.open(longer), ["dense"], s.ops.vec(D)))).toBe("trailing");
    expect(code(() => read(s, s.reader.open(frame), ["dense", "scalar"], s.ops.vec(D)))).toBe("truncated");
    expect(code(() => read(s, s.reader.open(frame), [], s.ops.vec(D)))).toBe("trailing");
    const nan = change((b) => b.splice(4, 8, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f));
    expect(code(() => s.reader.open(nan).dense())).toBe("value");
    expect(code(() => s.reader.open(nan).scalar())).toBe("value");
  });

  test("with the hash made right again: an error with a code, or values; never a read outside, never a write elsewhere", () => {
    const s = setup();
    const lists: PartKind[][] = [
      ["dense"],
      ["variable", "dense"],
      ["fixed", "variable", "scalar", "variable"],
      ["raw", "bytes8", "variable"],
    ];
    const frames = lists.map((parts) => {
      s.writer.begin(
        Kind.Down,
        7,
        { round: 300, exchange: 17 },
        FROM_SERVER,
        Uint8Array.of(255, 7),
        Uint8Array.of(1, 0),
      );
      for (const part of parts) {
        if (part === "dense") s.writer.dense(s.x);
        else if (part === "scalar") s.writer.scalar(0.5);
        else if (part === "raw") s.writer.raw(Uint8Array.of(9, 8, 7));
        else if (part === "bytes8") s.writer.bytes8(s.digest.ptr);
        else s.writer.put(s.codecs[part], s.x);
      }
      return s.writer.finish(s.digest.ptr).slice();
    });
    // frames lie between guards of NaN bytes: what is read from there is not finite or shows in the sums
    const room = s.ops.bytes(4096);
    const guard = 0xff;
    const acc = s.ops.vec(D);
    const hashed = s.ops.bytes(8);
    const seen = new Set<string>();
    const mutation = fc.record({
      which: fc.nat(lists.length - 1),
      readAs: fc.nat(lists.length - 1),
      foreign: fc.boolean(),
      edits: fc.array(
        fc.record({ at: fc.nat(400), value: fc.nat(255), kind: fc.constantFrom("set", "flip", "drop", "insert") }),
        {
          maxLength: 4,
        },
      ),
    });
    fc.assert(
      fc.property(mutation, ({ which, readAs, foreign, edits }) => {
        const bytes = Array.from(frames[which]!.subarray(0, -8));
        for (const { at, value, kind } of edits) {
          const i = at % bytes.length;
          if (kind === "set") bytes[i] = value;
          else if (kind === "flip") bytes[i]! ^= 1 << (value & 7);
          else if (kind === "drop" && bytes.length > 2) bytes.splice(i, 1);
          else bytes.splice(i, 0, value);
        }
        const { u8 } = s.ops.arena;
        u8.fill(guard, room.ptr, room.ptr + room.length);
        const from = room.ptr + 1024 + (edits.length % 3);
        u8.set(bytes, from);
        s.ops.kernels.xxh64(from, bytes.length, 0, 0, hashed.ptr);
        u8.copyWithin(from + bytes.length, hashed.ptr, hashed.ptr + 8);
        const whole = u8.subarray(from, from + bytes.length + 8);
        const kept = whole.slice();
        s.ops.fill(0, acc);
        const outcome = code(() => {
          s.reader.open(foreign ? whole.slice() : whole);
          const sum = read(s, s.reader, lists[readAs]!, acc);
          expect(Number.isFinite(sum)).toBe(true);
        });
        expect(s.ops.typed.firstNonFinite(D, acc.ptr)).toBe(-1);
        if (!foreign) expect(Buffer.compare(whole, kept)).toBe(0); // a reader does not write into the frame
        for (let i = 0; i < 64; ++i) {
          if (u8[from - 1 - i] !== guard || u8[from + whole.length + i] !== guard) throw new Error("written outside");
        }
        seen.add(outcome);
      }),
      { numRuns: 20000, seed: 1 },
    );
    expect(seen).toContain("fine");
    for (const wanted of ["truncated", "value", "trailing"]) expect(seen).toContain(wanted);
  });
});
