import { describe, expect, test } from "vitest";
import { lipschitzOf, type MapSpec } from "../../src/methods/fixed-point-maps.ts";
import { type VrFixedPointOptions, vrFpci } from "../../src/methods/vr-fpci.ts";
import { type VrGdciOptions, vrGdci } from "../../src/methods/vr-gdci.ts";
import { build, distance2, type RunSettings } from "../run/harness.ts";
import { averageBelow, mean, small, testMethod } from "./conformance.ts";
import { fixedPoint, imagesOf, rotation } from "./fixed-points.ts";

const slots = { gradient: "rand-k:k=4" };
testMethod(vrFpci, {
  slots,
  descent: (run) => run.options.gamma * (run.options as VrFixedPointOptions).eta,
  linear: { "rand-k": { slots, rounds: 1200 } },
});

const problem = small();

test.each([false, true])(
  "vr-fpci: with vr-gdci's gamma, eta and alpha it is vr-gdci bit for bit, resync %s",
  async (resync) => {
    const other = build({ method: vrGdci, problem, slots, resync });
    const { gamma, eta, alpha } = other.options as VrGdciOptions;
    const own = build({ method: vrFpci, problem, slots, resync, options: { gamma, eta, alpha } });
    await own.play(60);
    await other.play(60);
    expect(await own.x()).toEqual(await other.x());
  },
);

const maps: Record<string, MapSpec> = {
  prox: "prox",
  affine: rotation,
  "three gradient steps": ["gradient", "gradient", "gradient"],
};

describe.each(Object.entries(maps))("vr-fpci, %s", (_label, map) => {
  // mean (I - s H_i)^3 <= mean (I - s H_i) for s <= 1/L_max: one step's constant serves quadratics
  const { Li, mu } = problem.smoothness();
  const s = 1 / Math.max(...Li);
  const several = Array.isArray(map);
  const given = several ? { map, gamma: s, contraction: 1 - s * mu } : { map };
  const settings: RunSettings = { method: vrFpci, problem, slots, options: given, start: new Float64Array(12).fill(3) };
  const { options, facts } = build(settings);
  const { gamma } = options;
  const end = fixedPoint(problem, map, gamma);
  const q = several ? 1 - s * mu : lipschitzOf("test", map, gamma, facts).q;

  test("linear to 1e-20 with theory's eta", async () => {
    const run = build(settings);
    await run.play(1500);
    expect(distance2(await run.x(), end) / distance2(run.start, end)).toBeLessThan(1e-20);
  });

  test("the Lyapunov function falls as theory says", async () => {
    const targets = imagesOf(problem, map, gamma)(end);
    await averageBelow(
      settings,
      100,
      (run, { x, state }) => {
        const { eta, alpha } = run.options as VrFixedPointOptions;
        const weight = (4 * run.facts.omega("gradient")[0]! * eta ** 2) / (alpha * run.n);
        return distance2(x, end) + weight * mean(targets.map((t, i) => distance2(state(i, "h"), t)));
      },
      (run, k, first) => {
        const { eta, alpha } = run.options as VrFixedPointOptions;
        return Math.max(1 - eta * (1 - q), 1 - alpha / 2) ** k * first;
      },
    );
  });
});
