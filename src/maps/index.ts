/** The three-point maps, by name, and what puts one into a slot. */
import { compressors } from "../compressors/index.ts";
import { type Families, findFactory, parseSpec, readOptions } from "../compressors/spec.ts";
import type { Compressor, CompressorEnv, Rng, Vec } from "../core/contracts.ts";
import { threePcV1 } from "./3pcv1.ts";
import { threePcV2 } from "./3pcv2.ts";
import { threePcV3 } from "./3pcv3.ts";
import { threePcV4 } from "./3pcv4.ts";
import { threePcV5 } from "./3pcv5.ts";
import { clag } from "./clag.ts";
import type { MapEnv, MapFactory, Points, ThreePointMap } from "./contract.ts";
import { ef21 } from "./ef21.ts";
import { lag } from "./lag.ts";
import { marina } from "./marina.ts";

const all: readonly MapFactory[] = [ef21, lag, clag, threePcV1, threePcV2, threePcV3, threePcV4, threePcV5, marina];

export const maps: Families<MapFactory> = Object.fromEntries(all.map((factory) => [factory.name, factory]));

/** Whatever a map's spec may name. */
const families: Families = { ...compressors, ...maps };

/** Builds the map that `text` names. @throws UsageError for unknown names and keys, RangeError for values */
export function createMap(text: string, { ops, dim, create }: CompressorEnv): ThreePointMap {
  const env: MapEnv = { ops, dim, create: (spec) => create(spec), map: build };
  function build(spec: string): ThreePointMap {
    const { name, options } = parseSpec(spec);
    const factory = findFactory(maps, name, "map");
    return factory.create(readOptions(families, factory, options), env);
  }
  const map = build(text);
  const { name } = parseSpec(text);
  return {
    ...map,
    encode(points, rng, out) {
      ops.requireFinite(name, points.x); // before a comparison with NaN says that nothing need be sent
      return map.encode(points, rng, out);
    },
  };
}

/** The map as a compressor of gradients whose h and y are bound to it. */
export function createMapSlot(env: CompressorEnv, text: string): Compressor {
  const { A, B, spec, encode, ...rest } = createMap(text, env);
  let points: { h: Vec; y: Vec; x: Vec; common: Rng } | undefined;
  return {
    ...rest,
    spec,
    dim: env.dim,
    constants: { threePoint: [A, B] },
    bind(h, y, common) {
      points = { h, y, x: y, common } satisfies Points;
    },
    encode(x, rng, out) {
      if (!points) throw new TypeError(`${spec}: has no h and y to go from`);
      points.x = x;
      return encode(points, rng, out);
    },
  };
}
