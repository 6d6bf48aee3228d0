/**
 * One bit with two means: entries below 0 become their mean, the others (zeros and -0 among them) theirs.
 * Class: B(1/d), with equality for one positive spike; the orthogonal projection on the indicators of the two groups, so
 *   the error is |x|^2 - S_P^2/n_P - S_N^2/n_N, never above that of `sign`. Deterministic.
 * Payload: two scales (elements: the mean of the non-negative entries, minus the mean of the negative ones, each rounded to
 *   the type, 0 for a group without entries) | sign plane, ceil(d/8) bytes, bit i set iff x_i < 0; 2 E + ceil(d/8) bytes.
 * Cost: one kernel pass and one scalar pass. Scratch: none.
 * Throws: RangeError for entries that are not finite.
 * Source: Seide et al., 1-bit stochastic gradient descent, Interspeech 2014, section 3.2 (reconstruction by the two means).
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Bytes, CompressorFactory, Vec } from "../core/contracts.ts";
import { WireError } from "../core/errors.ts";
import { projection, readScale, requireLength, requirePadding, writeElement } from "./common.ts";
import { finiteMax, sumScale, Views } from "./sparse.ts";
import { formatSpec } from "./spec.ts";

export const oneBit: CompressorFactory<Record<never, never>> = {
  name: "one-bit",
  wireId: 23,
  summary: "one bit an entry, and the means of the negative and of the other entries",
  reference: "Seide et al., 1-bit stochastic gradient descent, Interspeech 2014, section 3.2",
  formulas: "B(1/d)",
  options: {},
  defaults: {},
  create(options, { ops, dim }) {
    const size = elementBytes(ops.dtype);
    const head = 2 * size;
    const planeBytes = (dim + 7) >>> 3;
    const views = new Views(ops);
    const means = new Float64Array(2);

    const writeMeans = (x: Vec, max: number, to: number): void => {
      const f = sumScale(max);
      const view = x.view;
      let plus = 0;
      let minus = 0;
      let negative = 0;
      for (let i = 0; i < view.length; ++i) {
        // no branch on the sign: it is as good as random
        const v = view[i]! * f;
        const below = +(v < 0);
        minus -= below * v;
        plus += (1 - below) * v;
        negative += below;
      }
      // a mean is at most the largest entry, but its rounding may not be
      writeElement(ops, to, Math.min(max, plus / f / Math.max(1, dim - negative)) + 0);
      writeElement(ops, to + size, Math.min(max, minus / f / Math.max(1, negative)));
    };

    /** Whether all d bits have one value. */
    const uniform = (plane: number, bit: number): boolean => {
      const u8 = ops.arena.u8;
      const whole = plane + (dim >>> 3);
      const byte = bit * 255;
      for (let at = plane; at < whole; ++at) if (u8[at] !== byte) return false;
      return (dim & 7) === 0 || u8[whole] === byte >>> (8 - (dim & 7));
    };

    const check = (payload: Bytes): void => {
      requireLength("one-bit", payload, head + planeBytes);
      requirePadding("one-bit", ops.arena, payload.ptr + head, dim);
      for (const bit of BITS) {
        const mean = readScale("one-bit", ops, payload.ptr + bit * size);
        if (mean !== 0 && uniform(payload.ptr + head, 1 - bit)) {
          throw new WireError("value", `one-bit: the mean of no entries must be 0, got ${mean}`);
        }
      }
    };

    return {
      spec: formatSpec(oneBit, options),
      dim,
      ...projection(dim === 0 ? 1 : 1 / dim),
      maxBytes: head + planeBytes,
      fixedBytes: true,
      signs: head,
      encode(x, _rng, out) {
        const max = finiteMax("one-bit", ops, x);
        ops.typed.signEncode(dim, x.ptr, out.ptr + head);
        writeMeans(x, max, out.ptr);
        return head + planeBytes;
      },
      check,
      addTo(payload, scale, acc) {
        check(payload);
        const round = ops.dtype === "f32" ? Math.fround : Number;
        const a = round(scale);
        means[0] = round(a * readScale("one-bit", ops, payload.ptr));
        means[1] = -round(a * readScale("one-bit", ops, payload.ptr + size));
        if (means[0] === 0 && means[1] === 0) return; // acc keeps the signs of its zeros
        const { u8 } = ops.arena;
        const floats = views.floats;
        const first = acc.ptr / size;
        const plane = payload.ptr + head;
        for (let i = 0; i < dim; ++i) floats[first + i]! += means[(u8[plane + (i >>> 3)]! >>> (i & 7)) & 1]!;
      },
    };
  },
};

const BITS = [0, 1] as const;
