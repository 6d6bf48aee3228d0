import { expect, test } from "vitest";
import { ef21Bc } from "../../src/methods/ef21-bc.ts";
import { build, distance2 } from "../run/harness.ts";
import { small, testMethod } from "./conformance.ts";

const slots = { gradient: "top-k:k=6", model: "top-k:k=6" };
testMethod(ef21Bc, { slots, linear: { "top-k both ways": { slots, rounds: 9000 } } });

test("ef21-bc: server and workers have the same b and x, losses and all; down come corrections alone", async () => {
  for (const faults of [undefined, { seed: 2, drop: 0.15, repeat: 0.1, damage: 0.1, delay: 0.1 }]) {
    for (const partial of [false, true]) {
      const run = build({ method: ef21Bc, problem: small(), slots, partial, resync: true, ...(faults && { faults }) });
      await run.play(40);
      run.network.on = false;
      await run.play(3); // whoever missed a broadcast is welcomed
      await run.rounds.snapshot();
      const { state } = run.rounds;
      for (const host of run.network.hosts) {
        expect(Array.from(host.state.vec("b").view), `${JSON.stringify(faults)} ${partial}`).toEqual(
          Array.from(state.vec("b").view),
        );
        expect(distance2(host.state.vec("x").view, run.rounds.x.view)).toBe(0);
      }
      if (!faults) expect(run.server.ledger.downlinkBits / 43).toBeLessThan((12 * 64) / 43 + 8 * (6 * 8 + 4));
    }
  }
});
