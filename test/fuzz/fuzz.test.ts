/** A short part of `npm run fuzz`: the first example of every compressor, the server and a worker of every method, NATS. */
import { expect, test } from "vitest";
import { installCanaries } from "./canaries.ts";
import { Dice } from "./mutate.ts";
import { type Counts, Violation } from "./target.ts";

installCanaries(); // before any arena is made
const { createOps } = await import("../../src/run/cluster.ts");
const { broken } = await import("./canaries.ts");
const { targets } = await import("./targets.ts");

const COUNTS: Readonly<Record<string, number>> = { message: 400, frame: 400, server: 40, worker: 60, nats: 2000 };

const all = targets(new Dice(1), false);
for (const [kind, count] of Object.entries(COUNTS)) {
  test(`${kind}: ${count} mutants each`, async () => {
    const some = all.filter(({ name }) => name.startsWith(`${kind} `));
    expect(some.length).toBeGreaterThan(2);
    const total: Counts = { taken: 0, refused: 0 };
    for (const [i, target] of some.entries()) {
      const { taken, refused } = await target.play(new Dice(1 + i), count);
      total.taken += taken;
      total.refused += refused;
    }
    expect(total.taken + total.refused).toBeGreaterThanOrEqual(count * some.length);
    // mutants that all pass, or that none passes, would test nothing
    expect(total.refused).toBeGreaterThan(0.05 * count * some.length);
    expect(total.taken).toBeGreaterThan(0.05 * count * some.length);
  });
}

test("rand-diana: what is summed up before a refused frame is not counted twice", async () => {
  // needs a renewal in a round with a refusal: rare among the few mutants above
  await all.find(({ name }) => name === "server rand-diana")!.play(new Dice(2), 6000);
});

test("canaries see a store on either side of a range", () => {
  const ops = createOps("wasm", "f64");
  const x = ops.vec(3);
  expect(broken(ops.arena)).toBe(-1);
  for (const at of [x.ptr - 1, x.ptr + 24]) {
    const held = ops.arena.u8[at]!;
    ops.arena.u8[at] = 0;
    expect(broken(ops.arena)).toBe(at);
    ops.arena.u8[at] = held;
  }
});

test("a decoder that adds before it looks is found out", async () => {
  const { compressors } = await import("../../src/compressors/index.ts");
  const { codecTargets } = await import("./codecs.ts");
  const { identity } = compressors as { identity: (typeof compressors)[string] };
  const create = identity.create.bind(identity);
  const careless = codecTargets(new Dice(1), false);
  expect(careless.length).toBeGreaterThan(10);
  identity.create = (env, options) => {
    const made = create(env, options);
    const { addTo } = made;
    made.addTo = (bytes, scale, acc) => {
      acc.view[0]! += 1;
      addTo.call(made, bytes, scale, acc);
      acc.view[0]! -= 1;
    };
    return made;
  };
  try {
    const planted = codecTargets(new Dice(1), false).filter(({ name }) => / identity /.test(name));
    expect(planted.length).toBe(4);
    for (const target of planted) expect(() => target.play(new Dice(2), 500)).toThrow(Violation);
  } finally {
    identity.create = create;
  }
});
