import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { names, reference, wasm } from "./support.ts";

interface Vector {
  spec: string;
  dim: number;
  dtype: "f32" | "f64";
  seed: number;
  node: number;
  number: number;
  hash: boolean;
  input: string;
  message: string;
  decoded: string;
}

const dir = resolve(import.meta.dirname, "../vectors");
const files = readdirSync(dir).filter((file) => file.endsWith(".json"));
const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, "hex"));
const hex = (view: Float32Array | Float64Array): string =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("hex");

describe("messages kept in test/vectors", () => {
  test("cover every compressor; scripts/vectors.mjs makes them", () => {
    expect(files.map((file) => file.slice(0, -5)).sort()).toEqual([...names].sort());
  });

  for (const file of files) {
    test(file, () => {
      const vectors = JSON.parse(readFileSync(resolve(dir, file), "utf8")) as Vector[];
      for (const { spec, dim, dtype, seed, node, number, hash, input, message, decoded } of vectors) {
        for (const tw of [wasm, reference]) {
          const received = bytes(message);
          expect(hex(tw.decode(received))).toBe(decoded);
          expect(tw.inspect(received)).toMatchObject({ spec, dim, dtype, hash: hash ? "ok" : "absent" });
          const codec = tw.codec(spec, dim, { seed, node, dtype, hash });
          codec.seek(number);
          const { buffer } = bytes(input);
          const x = dtype === "f32" ? new Float32Array(buffer) : new Float64Array(buffer);
          expect(Buffer.from(codec.encode(x as never)).toString("hex")).toBe(message);
        }
      }
    });
  }
});
