import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { f32, specs, wasm } from "../codec/support.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const d = 20_000;
const ROUNDS = 20; // few, so that no collection falls among them and hides what was made

/** Bytes a round on the heap and in array buffers: the least of three trials, since the engine's own work counts too. */
function cost(round: () => void): { heap: number; buffers: number } {
  const least = { heap: Infinity, buffers: Infinity };
  for (let i = 0; i < 200; ++i) round();
  for (let trial = 0; trial < 3; ++trial) {
    collect();
    collect();
    const before = process.memoryUsage();
    for (let i = 0; i < ROUNDS; ++i) round();
    const after = process.memoryUsage();
    least.heap = Math.min(least.heap, (after.heapUsed - before.heapUsed) / ROUNDS);
    least.buffers = Math.min(least.buffers, after.arrayBuffers - before.arrayBuffers);
  }
  return least;
}

test("the measure sees a vector and a view", () => {
  const kept: unknown[] = [];
  expect(cost(() => kept.push(new Float32Array(d))).buffers).toBeGreaterThanOrEqual(ROUNDS * 4 * d);
  expect(cost(() => kept.push(Array.from({ length: 100 }, (_, i) => ({ i })))).heap).toBeGreaterThan(2048);
});

for (const spec of specs(d)) {
  test(`${spec}: encodeInto and addTo allocate neither buffers nor anything in proportion to d`, () => {
    const x = f32(d);
    const acc = f32(d);
    const codec = wasm.codec(spec, d);
    const buffer = new Uint8Array(codec.maxBytes);
    const message = codec.encode(x);
    const encode = cost(() => codec.encodeInto(x, buffer));
    const add = cost(() => codec.addTo(message, 1, acc));
    const rounds = [encode, add];
    if (codec.delta !== undefined) {
      const ef = wasm.errorFeedback(codec); // with other compressors e grows without bound
      rounds.push(cost(() => ef.encodeInto(x, buffer)));
      const up = wasm.shifted(codec);
      const twin = wasm.shifted(codec);
      const longer = new Uint8Array(up.maxBytes);
      rounds.push(
        cost(() => {
          const length = up.encodeInto(x, longer);
          twin.addTo(longer.subarray(0, length), 1, acc);
        }),
      );
    }
    for (const { heap, buffers } of rounds) {
      expect(buffers).toBeLessThanOrEqual(0);
      expect(heap).toBeLessThan(2048);
    }
  });
}
