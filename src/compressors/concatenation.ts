/**
 * What block and layers share: pieces of the vector, one after the other, each with a compressor. Not a compressor.
 * Payload: for every piece in order [varint length | ] payload; the length only where the piece's payloads vary, and never
 *   for the last piece, whose payload takes the rest.
 */
import { Bytes, elementBytes, Vec } from "../../bindings/arena.ts";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { Compressor, CompressorEnv, Constants } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Cursor, varintBytes, writeVarint } from "../wire/varint.ts";

export interface Pieces {
  readonly count: number;
  at(piece: number): Compressor;
  /** Every compressor among them, once. */
  readonly distinct: readonly Compressor[];
}

type Concatenation = Omit<Compressor, "spec" | "split">;

export function concatenation(subject: string, { ops, dim }: CompressorEnv, pieces: Pieces): Concatenation {
  const { arena, kernels } = ops;
  const size = elementBytes(ops.dtype);
  const before = ops.scratch.take(RNG_BYTES).ptr;
  const vectors = new Map(pieces.distinct.map((c) => [c, new Vec(arena, 0, c.dim, ops.dtype)]));
  const part = new Bytes(arena, 0, 0);
  const cursor = new Cursor();
  const last = pieces.count - 1;
  const room = (piece: number): number => {
    const { fixedBytes, maxBytes } = pieces.at(piece);
    return fixedBytes || piece === last ? 0 : varintBytes(maxBytes);
  };
  let maxBytes = 0;
  for (let piece = 0; piece <= last; ++piece) maxBytes += room(piece) + pieces.at(piece).maxBytes;
  /** Points `part` at the payload of a piece that begins at `from`, and returns where the next one begins. */
  const next = (piece: number, from: number, end: number): number => {
    const { maxBytes, fixedBytes } = pieces.at(piece);
    let at = from;
    let length = maxBytes;
    if (room(piece) > 0) {
      length = cursor.over(arena.u8, from, end).varint(subject);
      at = cursor.at;
    }
    if (piece === last && !fixedBytes) length = end - at;
    if (length > end - at) {
      throw new WireError("truncated", `${subject}: piece ${piece} has ${length} bytes, ${end - at} are left`);
    }
    part.at(at, length);
    return at + length;
  };
  const check: Compressor["check"] = (payload) => {
    let at = payload.ptr;
    const end = at + payload.length;
    for (let piece = 0; piece <= last; ++piece) {
      at = next(piece, at, end);
      pieces.at(piece).check(part);
    }
    if (at < end) throw new WireError("trailing", `${subject}: ${end - at} bytes after the last piece`);
  };
  return {
    dim,
    ...combined(pieces.distinct, pieces),
    maxBytes,
    ...(pieces.distinct.every((c) => c.fixedBytes) ? { fixedBytes: true as const } : {}),
    encode(x, rng, out) {
      ops.requireFinite(subject, x); // so that the error names the entry of x, not of a piece
      kernels.move(RNG_BYTES, rng.ptr, before);
      try {
        let from = x.ptr;
        let at = out.ptr;
        for (let piece = 0; piece <= last; ++piece) {
          const compressor = pieces.at(piece);
          const kept = room(piece);
          const length = compressor.encode(
            vectors.get(compressor)!.at(from),
            rng,
            part.at(at + kept, compressor.maxBytes),
          );
          if (kept > 0) {
            const start = writeVarint(arena.u8, at, length);
            if (start < at + kept) kernels.move(length, at + kept, start);
            at = start;
          }
          at += length;
          from += compressor.dim * size;
        }
        return at - out.ptr;
      } catch (error) {
        kernels.move(RNG_BYTES, before, rng.ptr);
        throw error;
      }
    },
    check,
    addTo(payload, scale, acc) {
      check(payload);
      let to = acc.ptr;
      let at = payload.ptr;
      for (let piece = 0; piece <= last; ++piece) {
        const compressor = pieces.at(piece);
        at = next(piece, at, payload.ptr + payload.length);
        compressor.addTo(part, scale, vectors.get(compressor)!.at(to));
        to += compressor.dim * size;
      }
    },
  };
}

/** Of pieces that are compressed apart: sums of the pieces' inequalities, so the worst constant of each kind holds. */
function combined(all: readonly Compressor[], pieces: Pieces): Pick<Compressor, "omega" | "delta" | "constants"> {
  // entries of the empty piece obey everything
  const parts = all.filter((c) => c.dim > 0);
  const of = (parts.length > 0 ? parts : all).map((c) => c.constants);
  const every = <T>(get: (c: Constants) => T | undefined): T[] | undefined => {
    const values = of.map(get).filter((v) => v !== undefined);
    return values.length === of.length ? values : undefined;
  };
  const pair = (values: (readonly [number, number])[]): [number, number] => [
    Math.min(...values.map((v) => v[0])),
    Math.max(...values.map((v) => v[1])),
  ];
  const out: Constants = {};
  const omega = every((c) => c.omega);
  const delta = every((c) => c.delta);
  const B1 = every((c) => c.B1);
  const B2 = every((c) => c.B2);
  const eta = every((c) => c.eta);
  const variance = every((c) => c.variance);
  if (omega) out.omega = Math.max(...omega);
  if (delta) out.delta = Math.min(...delta);
  if (B1) out.B1 = pair(B1);
  if (B2) out.B2 = pair(B2);
  if (out.delta !== undefined) out.B3 = 1 / out.delta;
  if (eta && variance) {
    out.eta = Math.max(...eta);
    out.variance = Math.max(...variance);
  }
  if (every((c) => c.absolute)) {
    out.absolute = 0;
    for (let piece = 0; piece < pieces.count; ++piece) out.absolute += pieces.at(piece).constants.absolute!;
  }
  const ranges = of.map((c) => c.range).filter((range) => range !== undefined);
  if (ranges.length > 0) out.range = Math.min(...ranges);
  if (of.some((c) => c.raw)) out.raw = true;
  return {
    ...(out.omega !== undefined && { omega: out.omega }),
    ...(out.delta !== undefined && { delta: out.delta }),
    constants: out,
  };
}
