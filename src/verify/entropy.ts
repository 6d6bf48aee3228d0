/** What the entropy stage saves, measured on payloads: the data of a table in docs/compressors.md. */
import { Bytes } from "../../bindings/arena.ts";
import { Host } from "./host.ts";
import { inputs } from "./inputs.ts";

export interface EntropyRow {
  readonly spec: string;
  readonly input: string;
  /** Payload bits an entry: of the compressor alone, and with the stage. */
  readonly alone: number;
  readonly coded: number;
  /** Order-0 entropy of the message's own symbols, an entry: no table, no head. */
  readonly empirical: number;
}

/** Entries of the table's vectors. */
export const ENTROPY_DIM = 100_000;

const specs = [
  ...[1, 3, 7, 15, 127].map((s) => `random-dithering:s=${s}`),
  "random-dithering:s=127,norm=max",
  "natural",
  "natural-dithering",
  "exponential-dithering:beta=1.5,s=16",
  "ternary",
];

const KINDS = ["normal", "heavy-tailed", "sparse"];

export function entropyRows(): EntropyRow[] {
  return specs.flatMap((spec) => {
    const alone = new Host(spec, ENTROPY_DIM, { dtype: "f32" });
    const coded = new Host(`entropy:of=(${spec})`, ENTROPY_DIM, { dtype: "f32" });
    return inputs(ENTROPY_DIM, alone.setup)
      .filter(({ name }) => KINDS.includes(name))
      .map(({ name, values }, i) => {
        for (const { x } of [alone, coded]) x.view.set(values);
        alone.restart(i);
        const bits = 8 * alone.encode();
        coded.restart(i);
        const less = 8 * coded.encode();
        return {
          spec,
          input: name,
          alone: bits / ENTROPY_DIM,
          coded: less / ENTROPY_DIM,
          empirical: empirical(alone, i) / ENTROPY_DIM,
        };
      });
  });
}

/** sum of lg(n / how often the symbol comes), over the symbols of message 0 of the host's x. */
function empirical(host: Host, message: number): number {
  const symbols = host.compressor.symbols!;
  const { arena } = host.ops;
  host.drawSymbols(message, new Bytes(arena, arena.bytes(16).ptr, 16));
  const counts = new Map<number, number>();
  for (const symbol of new Uint16Array(arena.buffer, symbols.ptr, symbols.count)) {
    counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) bits += count * Math.log2(symbols.count / count);
  return bits;
}
