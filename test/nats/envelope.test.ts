import { expect, test } from "vitest";
import { Assembler, begins, fromJson, messages, Type, toJson } from "../../src/nats/envelope.ts";

const body = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);

test("chunks make the body again, and only the first begins one", () => {
  const assembler = new Assembler(2000);
  const chunks = [...messages(Type.Frame, body, 256, 7)];
  expect(chunks.map(begins)).toEqual([true, ...Array(chunks.length - 1).fill(false)]);
  const out = chunks.map((chunk) => assembler.take(chunk));
  expect(out.at(-1)).toEqual({ type: Type.Frame, body });
  expect(out.slice(0, -1)).toEqual(Array(chunks.length - 1).fill(undefined));
  expect(assembler.dropped).toBe(0);
  expect([...messages(Type.Frame, body, 2000, 7)].map(begins)).toEqual([true]);
});

test("a body in crumbs, or longer than the limit, is dropped", () => {
  const assembler = new Assembler(2000);
  for (const chunk of messages(Type.Frame, body, 100, 7)) expect(assembler.take(chunk)).toBeUndefined();
  expect(assembler.dropped).toBeGreaterThan(5);
  const short = new Assembler(999);
  for (const chunk of messages(Type.Frame, body, 256, 7)) expect(short.take(chunk)).toBeUndefined();
  expect(short.take(Uint8Array.of(Type.Frame, ...body))).toBeUndefined();
});

test("what is no note of ours is one of three errors", () => {
  expect(fromJson(toJson({ a: Float64Array.of(1), b: 5n }))).toEqual({ a: Float64Array.of(1), b: 5n });
  const read = (text: string) => () => fromJson(new TextEncoder().encode(text));
  expect(read('{"$array":"Uint8Array","base64":"-"}')).toThrow(SyntaxError);
  expect(read('{"$array":"Float64Array","base64":"AQ=="}')).toThrow(RangeError);
  expect(read('{"$array":"toString","base64":""}')).toThrow(TypeError);
});
