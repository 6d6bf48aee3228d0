/** The option `matrix` of codecs: what a smoothness-aware compressor is made for. */
import { describe, expect, test } from "vitest";
import { lcg } from "../kernels/harness.ts";
import { reference, wasm } from "./support.ts";

const d = 6;
const random = lcg(5);
const factor = Array.from({ length: 3 * d }, () => random() - 0.5);
const matrix = Array.from({ length: d * d }, (_, at) => {
  const [i, j] = [Math.floor(at / d), at % d];
  return [0, 1, 2].reduce((sum, k) => sum + factor[k * d + i]! * factor[k * d + j]!, i === j ? 0.1 : 0);
});
const spec = "smooth:of=(rand-k:k=2)";
const x = Float64Array.from({ length: d }, () => random() - 0.5);

describe("the option matrix", () => {
  test("both ends give it, and the messages are those of C around its root", () => {
    const sender = wasm.codec(spec, d, { dtype: "f64", matrix });
    const receiver = reference.codec(sender.spec, d, { dtype: "f64", matrix: Float64Array.from(matrix), seed: 3 });
    const mean = new Float64Array(d);
    const messages = 40_000;
    for (let m = 0; m < messages; ++m) receiver.addTo(sender.encode(x), 1 / messages, mean);
    // omega is known, so the mean of 40000 messages is near x
    const bound = (5 * Math.sqrt(sender.omega!) * Math.hypot(...x)) / Math.sqrt(messages);
    expect(Math.hypot(...mean.map((value, i) => value - x[i]!))).toBeLessThan(bound);
    expect(wasm.inspect(sender.encode(x)).payloadBits).toBe(8 * (4 + 2 * 8));
  });

  test("error feedback and shifted codecs keep it", () => {
    const codec = wasm.codec("smooth:matrix=diagonal,k=2", d, { dtype: "f64", matrix });
    const [up, twin] = [wasm.shifted(codec), wasm.shifted(codec)];
    const acc = new Float64Array(d);
    for (let m = 0; m < 200; ++m) {
      acc.fill(0);
      twin.addTo(up.encode(x), 1, acc);
    }
    expect(Math.hypot(...acc.map((value, i) => value - x[i]!))).toBeLessThan(1e-6);
  });

  test("a reader without it, or with another, refuses", () => {
    const message = wasm.codec(spec, d, { dtype: "f64", matrix }).encode(x);
    expect(() => wasm.decode(message)).toThrow(
      /smooth: key \d+ names a smoothness matrix, give it as the option matrix/,
    );
    const other = wasm.codec(spec, d, { dtype: "f64", matrix: matrix.map((value) => 2 * value) });
    expect(() => other.decode(message)).toThrow(/message: must be of smooth/);
    const plain = wasm.codec(spec, d, { dtype: "f64" });
    expect(() => plain.decode(message)).toThrow(/message: must be of smooth/);
    expect(wasm.inspect(message)).toMatchObject({ compressor: "smooth", dim: d });
  });

  test("shapes and types are checked", () => {
    expect(() => wasm.codec(spec, d, { matrix: [1, 2] })).toThrow(
      "codec: matrix must have d = 6 or d^2 = 36 entries, got 2",
    );
    expect(() => wasm.codec(spec, d, { matrix: "I" as unknown as number[] })).toThrow(
      "codec: matrix must be an array of numbers, got string",
    );
    expect(() => wasm.codec(spec, d, { matrix: Array(d).fill(Number.NaN) })).toThrow(
      "smooth: matrix entries must be finite, got NaN at index 0",
    );
    expect(() => wasm.codec(spec, d, { matrix: [1, 1, -1, 1, 1, 1] })).toThrow(
      "smooth: the matrix must be positive semidefinite, entry 2",
    );
  });
});
