/** Codec messages of every registered compressor, and run frames whose parts it fills. */
import { loadKernels } from "../../bindings/load.ts";
import { Channel } from "../../src/codec/channel.ts";
import { Hasher } from "../../src/codec/hasher.ts";
import { examplesOf } from "../../src/compressors/examples.ts";
import { compressors } from "../../src/compressors/index.ts";
import type { Compressor, Dtype, Ops, Vec } from "../../src/core/contracts.ts";
import { Rng } from "../../src/core/rng.ts";
import { createOps, createSlots } from "../../src/run/cluster.ts";
import { frameLimit } from "../../src/run/node.ts";
import { FROM_SERVER, FrameReader, FrameWriter, Kind } from "../../src/wire/frame.ts";
import { readFields } from "../../src/wire/message.ts";
import { varintBytes, writeVarint } from "../../src/wire/varint.ts";
import { type Dice, Mutator } from "./mutate.ts";
import { type Counts, checkArena, Rehasher, type Target, taken, violation } from "./target.ts";

const D = 33;
const NODES = 11;
/** Messages of different vectors that mutants are made from. */
const SEEDS = 4;

function normal(dice: Dice, x: Vec): void {
  const { view } = x;
  for (let i = 0; i < view.length; ++i) view[i] = (dice.below(2001) - 1000) / (1 + dice.below(500));
}

/** Whether two vectors have the same bits. */
function same(ops: Ops, x: Vec, y: Vec): boolean {
  const { data } = ops.arena;
  for (let i = 0; i < x.view.byteLength; i += 4)
    if (data.getInt32(x.ptr + i, true) !== data.getInt32(y.ptr + i, true)) return false;
  return true;
}

/** `codec.decode` and `addTo`, as codec/codec.ts does them: open, then add. */
class MessageTarget implements Target {
  readonly name: string;
  readonly #channel: Channel;
  readonly #acc: Vec;
  readonly #start: Vec;
  readonly #rehasher: Rehasher;
  readonly #mutator = new Mutator();
  readonly #messages: Uint8Array[] = [];
  readonly #bound: number;
  #built = new Uint8Array();

  constructor(spec: string, dtype: Dtype, dice: Dice) {
    this.name = `message ${spec} ${dtype}`;
    const kernels = () => loadKernels("wasm");
    const host = { kernels, compressors, hasher: new Hasher(kernels) };
    this.#channel = new Channel({ ...host, spec, dim: D, dtype, seed: 1n, node: 0, hash: true });
    const { ops } = this.#channel;
    this.#acc = ops.vec(D);
    this.#start = ops.vec(D);
    this.#rehasher = new Rehasher(ops, 4 * this.#channel.maxBytes + 1024);
    for (let i = 0; i < SEEDS; ++i) {
      normal(dice, this.#start);
      this.#channel.write(this.#start);
      this.#messages.push(this.#channel.copy());
      this.#channel.commit();
    }
    this.#bound = ops.arena.used;
  }

  play(dice: Dice, count: number): Counts {
    const counts = { taken: 0, refused: 0 };
    const channel = this.#channel;
    const { ops } = channel;
    normal(dice, this.#start);
    for (let i = 0; i < count; ++i) {
      const mutant = this.#rehasher.mend(this.#mutant(dice));
      ops.copy(this.#start, this.#acc);
      const read = taken(this.name, mutant, () => {
        channel.open(mutant);
        channel.addTo(0.5, this.#acc);
      });
      if (!read && !same(ops, this.#acc, this.#start)) {
        throw violation(this.name, "changed the accumulator of a refused message", mutant);
      }
      checkArena(this.name, ops, this.#bound, mutant);
      counts[read ? "taken" : "refused"] += 1;
    }
    return counts;
  }

  /** Of the whole message, or of its payload, with the length made right again. */
  #mutant(dice: Dice): Uint8Array {
    const message = this.#messages[dice.below(SEEDS)]!;
    const other = this.#messages[dice.below(SEEDS)]!;
    if (dice.below(3) === 0) return this.#mutator.mutate(dice, message, other, 8);
    const { payloadAt, payloadBytes } = readFields(message, 0, message.length);
    const payload = this.#mutator.mutate(dice, message.subarray(payloadAt, payloadAt + payloadBytes), other);
    const head = payloadAt - varintBytes(payloadBytes);
    const at = head + varintBytes(payload.length);
    if (this.#built.length < at + payload.length + 8) this.#built = new Uint8Array(2 * (at + payload.length + 8));
    this.#built.set(message.subarray(0, head));
    writeVarint(this.#built, head, payload.length);
    this.#built.set(payload, at);
    return this.#built.subarray(0, at + payload.length + 8);
  }
}

type Part = "codec" | "dense" | "scalar" | "raw";
const LISTS: readonly (readonly Part[])[] = [
  ["codec"],
  ["codec", "dense"],
  ["codec", "scalar", "codec"],
  ["dense", "codec", "raw"],
];

/** FrameReader, from foreign memory and in place, with parts of one compressor. */
class FrameTarget implements Target {
  readonly name: string;
  readonly #ops: Ops;
  readonly #codec: Compressor;
  readonly #reader: FrameReader;
  readonly #acc: Vec;
  readonly #before: Vec;
  readonly #rehasher: Rehasher;
  readonly #mutator = new Mutator();
  readonly #frames: Uint8Array[];
  readonly #room: { readonly ptr: number; readonly length: number };
  readonly #bound: number;

  constructor(spec: string, dtype: Dtype, dice: Dice) {
    this.name = `frame ${spec} ${dtype}`;
    const ops = createOps("wasm", dtype);
    this.#ops = ops;
    const slots = createSlots(ops, D, 0, NODES, { gradient: spec });
    this.#codec = slots.gradient!;
    const limit = frameLimit(D, slots);
    this.#reader = new FrameReader(ops, D, NODES, limit);
    const writer = new FrameWriter(ops, new Rng(ops, 1n, 0), NODES);
    this.#acc = ops.vec(D);
    this.#before = ops.vec(D);
    this.#frames = LISTS.map((parts, i) => this.#write(writer, parts, i, dice));
    const longest = Math.max(...this.#frames.map(({ length }) => length));
    this.#rehasher = new Rehasher(ops, 4 * longest + 1024);
    this.#room = ops.bytes(4 * longest + 1024);
    // two copies of a frame, each in memory that was doubled until it held the longest; a copy of a dense part that is not aligned
    this.#bound = ops.arena.used + 2 * 4 * (limit + 16) + LISTS.length * (8 * D + 64);
  }

  #write(writer: FrameWriter, parts: readonly Part[], i: number, dice: Dice): Uint8Array {
    const selected = Uint8Array.of(255, 7);
    const absent = i % 2 ? Uint8Array.of(1, 0) : undefined;
    writer.begin(Kind.Down, 7, { round: 300, exchange: 14 + i }, FROM_SERVER, i > 1 ? selected : undefined, absent);
    for (const part of parts) {
      normal(dice, this.#acc);
      if (part === "codec") writer.put(this.#codec, this.#acc);
      else if (part === "dense") writer.dense(this.#acc);
      else if (part === "scalar") writer.scalar(0.5);
      else writer.raw(Uint8Array.of(9, 8, 7));
    }
    return writer.finish(this.#ops.bytes(8).ptr).slice();
  }

  play(dice: Dice, count: number): Counts {
    const counts = { taken: 0, refused: 0 };
    const ops = this.#ops;
    for (let i = 0; i < count; ++i) {
      const which = dice.below(LISTS.length);
      const readAs = dice.below(8) === 0 ? dice.below(LISTS.length) : which;
      const other = this.#frames[dice.below(LISTS.length)]!;
      const mutant = this.#rehasher.mend(this.#mutator.mutate(dice, this.#frames[which]!, other, 8));
      let frame = mutant;
      if (dice.below(2) && mutant.length < this.#room.length - 16) {
        const from = this.#room.ptr + dice.below(16);
        ops.arena.u8.set(mutant, from);
        frame = ops.arena.u8.subarray(from, from + mutant.length);
      }
      const read = taken(this.name, mutant, () => this.#read(this.#reader.open(frame), LISTS[readAs]!, mutant));
      if (frame !== mutant && Buffer.compare(frame, mutant) !== 0) throw violation(this.name, "wrote into it", mutant);
      checkArena(this.name, ops, this.#bound, mutant);
      counts[read ? "taken" : "refused"] += 1;
    }
    return counts;
  }

  #read(reader: FrameReader, parts: readonly Part[], mutant: Uint8Array): void {
    const ops = this.#ops;
    for (const part of parts) {
      if (part === "scalar") reader.scalar();
      else if (part === "raw") reader.raw();
      else if (part === "dense") {
        if (ops.typed.firstNonFinite(D, reader.dense().ptr) >= 0) throw violation(this.name, "read NaN", mutant);
      } else this.#addTo(reader, mutant);
    }
    reader.done();
  }

  #addTo(reader: FrameReader, mutant: Uint8Array): void {
    const ops = this.#ops;
    ops.copy(this.#before, this.#acc);
    try {
      reader.addTo(this.#codec, 0.5, this.#acc);
    } catch (error) {
      if (same(ops, this.#acc, this.#before)) throw error;
      throw violation(this.name, "changed the accumulator of a refused part", mutant, error);
    }
    // finite numbers may overflow where they are scaled: who steps along them looks at the sum (run/aggregation.ts)
  }
}

/** Every example of every compressor, or the first only. */
export function codecTargets(dice: Dice, all: boolean): Target[] {
  const specs = Object.values(compressors).flatMap((factory) => {
    const examples = examplesOf(factory, D);
    return all ? examples : examples.slice(0, 1);
  });
  return [...new Set(specs)].flatMap((spec) =>
    (["f32", "f64"] as const).flatMap((dtype) => [
      new MessageTarget(spec, dtype, dice),
      new FrameTarget(spec, dtype, dice),
    ]),
  );
}
