/** Bits against error of every registered compressor, measured on payloads: the data of the chart and of the lists. */
import { examplesOf } from "../compressors/examples.ts";
import { compressors } from "../compressors/index.ts";
import { parseSpec } from "../compressors/spec.ts";
import { Host } from "./host.ts";

export interface FrontierPoint {
  readonly name: string;
  /** The example as its factory gives it. */
  readonly spec: string;
  /** A shorter one, for the chart. */
  readonly label: string;
  readonly kind: "unbiased" | "contractive" | "neither";
  /** Mean payload bits an entry, f32. */
  readonly bits: number;
  /** Mean |C(x) - x|^2 / |x|^2. */
  readonly error: number;
}

/** Messages of random compressors; those of normal input hardly vary. */
const MESSAGES = 50;

/** Every example of every compressor on one normal f32 vector. */
export function frontier(dim: number): FrontierPoint[] {
  return Object.values(compressors).flatMap((factory) =>
    examplesOf(factory, dim).map((spec): FrontierPoint => {
      const host = new Host(spec, dim, { dtype: "f32" });
      const x = host.x.view;
      for (let i = 0; i < dim; ++i) x[i] = host.setup.normal();
      const squares = host.ops.squares(host.x);
      const { constants } = host.compressor;
      const count = constants.variance === 0 ? 1 : MESSAGES;
      let [bytes, error] = [0, 0];
      host.restart(0);
      for (let t = 0; t < count; ++t) {
        bytes += host.draw();
        error += host.ops.distance2(host.result, host.x) / squares;
      }
      return {
        name: factory.name,
        spec,
        label: labelOf(spec),
        kind: constants.eta === 0 ? "unbiased" : constants.delta !== undefined ? "contractive" : "neither",
        bits: (8 * bytes) / count / dim,
        error: error / count,
      };
    }),
  );
}

/** `top-k:ratio=0.1` -> `top-k 0.1`, `scaled:of=(natural)` -> `scaled(natural)`. */
export function labelOf(spec: string): string {
  const { name, options } = parseSpec(spec);
  const words: string[] = [];
  const nested: string[] = [];
  for (const [key, value] of options) {
    if (key === "sizes") continue;
    if (key === "specs") nested.push("mixed");
    else if (/^[a-z][a-z0-9-]*$/.test(value) && compressors[value]) nested.push(value);
    else if (value.includes(":")) nested.push(labelOf(value));
    else if (key === "scaled") words.push(value === "no" ? "unscaled" : "scaled");
    else if (key === "ratio" || /^[a-z]/.test(value)) words.push(value);
    else words.push(`${key}=${value}`);
  }
  return `${name}${nested.length ? `(${nested.join(", ")})` : ""}${words.length ? ` ${words.join(" ")}` : ""}`;
}
