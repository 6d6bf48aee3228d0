/**
 * Induced compressor: a contractive C repaired by an unbiased Q: C(x) + Q(x - C(x)).
 * Class: U(omega (1 - delta)), with Q in U(omega) and C in B(delta).
 * Payload: varint length of C's payload, left out if that never varies | payload of C(x) | payload of Q(x - C(x)).
 *   C draws first, Q goes on with the same stream, so their draws are independent.
 * Cost: both, and one copy of x. Scratch: d elements, theirs and a copy of the generator's state.
 * Throws: RangeError for options without the constants above, for entries that are not finite.
 * Source: Horvath and Richtarik, A Better Alternative to Error Feedback, arXiv 2006.11077, theorem 3.
 */
import { Bytes } from "../../bindings/arena.ts";
import { RNG_BYTES } from "../../bindings/kernels.ts";
import type { CompressorFactory } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { Cursor, varintBytes, writeVarint } from "../wire/varint.ts";
import { unbiased } from "./common.ts";
import { formatSpec } from "./spec.ts";

export interface InducedOptions {
  biased?: string;
  unbiased?: string;
}

export const induced: CompressorFactory<InducedOptions> = {
  name: "induced",
  wireId: 13,
  summary: "C(x) + Q(x - C(x)): a contractive compressor made unbiased",
  reference: "Horvath and Richtarik, A Better Alternative to Error Feedback, arXiv 2006.11077, theorem 3",
  formulas: "U(omega (1 - delta))",
  options: { biased: "spec", unbiased: "spec" },
  defaults: {},
  create(options, { ops, dim, create }) {
    if (options.biased === undefined || options.unbiased === undefined) {
      throw new RangeError(`induced: give biased and unbiased, got ${formatSpec(induced, options)}`);
    }
    const first = create(options.biased);
    const second = create(options.unbiased);
    if (first.delta === undefined) throw new RangeError(`induced: biased must have a delta, got ${first.spec}`);
    if (second.omega === undefined) throw new RangeError(`induced: unbiased must have an omega, got ${second.spec}`);
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
        length = cursor.over(arena.u8, from, end).varint("induced");
        from = cursor.at;
      }
      if (length > end - from) {
        throw new WireError("truncated", `induced: first payload has ${length} bytes, ${end - from} are left`);
      }
      first.check(head.at(from, length));
      second.check(tail.at(from + length, end - from - length));
    };
    return {
      spec: formatSpec(induced, { biased: first.spec, unbiased: second.spec }),
      dim,
      ...unbiased(second.omega * (1 - first.delta)),
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
  },
};
