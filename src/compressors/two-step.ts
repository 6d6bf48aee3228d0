/**
 * What induced and residual share: C1(x) + C2(x - C1(x)). Not a compressor.
 * Payload: varint length of C1's payload, left out if that never varies | payload of C1(x) | payload of C2(x - C1(x)).
 *   C1 draws first, C2 goes on with the same stream, so their draws are independent.
 */
import { Bytes } from "../../bindings/arena.ts";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { Compressor, CompressorEnv } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Cursor, varintBytes, writeVarint } from "../wire/varint.ts";

type Step = Pick<Compressor, "maxBytes" | "fixedBytes" | "encode" | "check" | "addTo">;

export function twoStep(
  subject: string,
  { ops, dim }: Pick<CompressorEnv, "ops" | "dim">,
  first: Step,
  second: Step,
): Step & Pick<Compressor, "dim"> {
  const { arena, kernels } = ops;
  const rest = ops.scratch.vec(dim, ops.dtype);
  const before = ops.scratch.take(RNG_BYTES).ptr;
  const head = new Bytes(arena, 0, 0);
  const tail = new Bytes(arena, 0, 0);
  const cursor = new Cursor();
  const room = first.fixedBytes ? 0 : varintBytes(first.maxBytes);
  /** Points `head` and `tail` at the two payloads and checks both. */
  const read = (payload: Bytes): void => {
    let from = payload.ptr;
    const end = from + payload.length;
    let length = first.maxBytes;
    if (room > 0) {
      length = cursor.over(arena.u8, from, end).varint(subject);
      from = cursor.at;
    }
    if (length > end - from) {
      throw new WireError("truncated", `${subject}: first payload has ${length} bytes, ${end - from} are left`);
    }
    first.check(head.at(from, length));
    second.check(tail.at(from + length, end - from - length));
  };
  return {
    dim,
    maxBytes: room + first.maxBytes + second.maxBytes,
    ...(first.fixedBytes && second.fixedBytes ? { fixedBytes: true as const } : {}),
    encode(x, rng, out) {
      kernels.move(RNG_BYTES, rng.ptr, before);
      try {
        let at = out.ptr + room;
        const length = first.encode(x, rng, head.at(at, first.maxBytes));
        ops.copy(x, rest);
        first.addTo(head.at(at, length), -1, rest);
        if (room > 0) {
          const from = writeVarint(arena.u8, out.ptr, length);
          if (from < at) kernels.move(length, at, from);
          at = from;
        }
        at += length;
        return at + second.encode(rest, rng, tail.at(at, second.maxBytes)) - out.ptr;
      } catch (error) {
        kernels.move(RNG_BYTES, before, rng.ptr);
        throw error;
      }
    },
    check: read,
    addTo(payload, scale, acc) {
      read(payload);
      first.addTo(head, scale, acc);
      second.addTo(tail, scale, acc);
    },
  };
}
