/**
 * Scaled sign: C(x) = (|x|_1 / d) sgn(x), with sgn(t) = +1 for t >= 0 (-0 included) and -1 else.
 * Class: B(1/d), with equality for one spike; the error is |x|^2 - |x|_1^2/d. Deterministic.
 * Payload: scale (one element: |x|_1/d rounded to the type) | sign plane, ceil(d/8) bytes, bit i set iff x_i < 0, unused
 *   bits zero; E + ceil(d/8) bytes. A scale of 0 (the zero vector, or a mean that underflows) has an all-zero plane and
 *   adds nothing: acc keeps every bit, the signs of its zeros included.
 * Cost: one pass. Scratch: none.
 * Throws: RangeError for entries that are not finite.
 * Source: Karimireddy et al., Error Feedback Fixes SignSGD, arXiv 1901.09847, section 4.
 */
import { elementBytes } from "../../bindings/arena.ts";
import type { Ops } from "../../bindings/ops.ts";
import type { Bytes, CompressorFactory } from "../core/contracts.ts";
import {
  projection,
  readScale,
  requireLength,
  requirePadding,
  requireZeros,
  scaledMean,
  writeElement,
} from "./common.ts";
import { formatSpec } from "./spec.ts";

export const sign: CompressorFactory<Record<never, never>> = {
  name: "sign",
  wireId: 7,
  summary: "one bit an entry and the mean magnitude",
  reference: "Karimireddy et al., Error Feedback Fixes SignSGD, arXiv 1901.09847, section 4",
  formulas: "B(1/d)",
  options: {},
  defaults: {},
  create(options, { ops, dim }) {
    const { typed, arena } = ops;
    const head = elementBytes(ops.dtype);
    const planeBytes = (dim + 7) >>> 3;
    const plane = new SignPlane("sign", ops, dim);
    return {
      spec: formatSpec(sign, options),
      dim,
      ...projection(dim === 0 ? 1 : 1 / dim),
      maxBytes: head + planeBytes,
      fixedBytes: true,
      signs: head,
      encode(x, _rng, out) {
        const norm = typed.signEncode(dim, x.ptr, out.ptr + head);
        let mean = dim === 0 ? 0 : norm / dim;
        if (!(mean < Infinity)) {
          ops.requireFinite("sign", x);
          mean = scaledMean(x.view); // the sum overflowed, the mean does not
        }
        if (ops.dtype === "f32") mean = Math.fround(mean);
        if (mean === 0) arena.u8.fill(0, out.ptr + head, out.ptr + head + planeBytes);
        writeElement(ops, out.ptr, mean);
        return head + planeBytes;
      },
      check: (payload) => void plane.read(payload),
      addTo(payload, scale, acc) {
        const mean = plane.read(payload);
        if (mean !== 0) typed.signAdd(dim, scale * mean, payload.ptr + head, acc.ptr);
      },
    };
  },
};

/** Payloads of a scale and a sign plane. */
export class SignPlane {
  readonly #subject: string;
  readonly #ops: Ops;
  readonly #dim: number;
  readonly #head: number;

  constructor(subject: string, ops: Ops, dim: number) {
    this.#subject = subject;
    this.#ops = ops;
    this.#dim = dim;
    this.#head = elementBytes(ops.dtype);
  }

  /** Checks the payload and returns its scale. @throws WireError */
  read(payload: Bytes): number {
    const planeBytes = (this.#dim + 7) >>> 3;
    requireLength(this.#subject, payload, this.#head + planeBytes);
    const scale = readScale(this.#subject, this.#ops, payload.ptr);
    requirePadding(this.#subject, this.#ops.arena, payload.ptr + this.#head, this.#dim);
    if (scale === 0) requireZeros(this.#subject, this.#ops.arena, payload.ptr + this.#head, planeBytes);
    return scale;
  }
}
