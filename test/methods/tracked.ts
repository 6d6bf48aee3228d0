/** What the methods of src/methods/tracked.ts are held to: every node has the server's x, whatever the network does. */
import { expect, test } from "vitest";
import { build, type RunSettings } from "../run/harness.ts";

export function testTracked(settings: RunSettings): void {
  const { name } = settings.method;
  const same = async (run: ReturnType<typeof build>) => {
    await run.play(1); // the broadcast brings the last step
    const before = await run.x();
    await run.play(1);
    for (const host of run.network.hosts) expect(Float64Array.from(host.state.vec("x").view)).toEqual(before);
  };

  for (const backend of ["wasm", "reference"] as const) {
    test(`${name}, ${backend}: workers make the server's steps, bit for bit`, async () => {
      for (const dtype of ["f64", "f32"] as const) {
        const run = build({ ...settings, backend, dtype });
        await run.play(30);
        await same(run);
      }
    });
  }

  test(`${name}: workers that miss broadcasts are welcomed with x`, async () => {
    for (const partial of [true, false]) {
      // a server that asks until all have answered leaves no gap
      const faults = { seed: 9, drop: 0.06, repeat: 0.05, delay: 0.06, damage: 0.04 };
      const run = build({ ...settings, resync: true, partial, faults });
      await run.play(300);
      if (partial) expect(run.rounds.resynced).toBeGreaterThan(20);
      run.network.on = false;
      await run.play(30); // what was held back arrives
      await same(run);
    }
  });

  test(`${name}: a checkpoint in mid-run goes on with the same bits`, async () => {
    const [run, again] = [build(settings), build(settings)];
    await run.play(20);
    const saved = await run.rounds.snapshot();
    await run.play(20);
    await again.rounds.restore(saved);
    await again.play(20);
    expect(await again.x()).toEqual(await run.x());
    await same(again);
  });
}
