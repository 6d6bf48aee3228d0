/** `thinwire encode`: vectors in a file to messages. */
import type { CAC } from "cac";
import { UsageError } from "../core/errors.ts";
import { quote } from "../data/error.ts";
import { formatInteger, formatRatio } from "../report/format.ts";
import { checkOutput, FileError, readInput, writeOutput } from "./files.ts";
import { choiceOption, integerOption, print, printJson, typedOption } from "./shell.ts";
import {
  type Dtype,
  dtypeOf,
  type NamedMessage,
  type NamedVector,
  readVectors,
  type Values,
  writeMessages,
} from "./vectors.ts";

const MAX_SEED = 2n ** 64n - 1n;

export function register(cli: CAC): void {
  cli
    .command("encode <in>", "Compress the vectors of a file (.f32, .f64, .npy, .safetensors) into Thinwire messages")
    .option("--spec <spec>", "Compressor, e.g. top-k:ratio=0.01 (see thinwire list compressors)")
    .option("-o, --out <file>", "Where to write; default: the input's name with .tw added")
    .option("--seed <n>", "Seed of random compressors, 0..2^64-1; tensor i of a file takes seed + i (default: 0)")
    .option("--dtype <type>", "f32 or f64: convert first; default: as in the file")
    .option("--force", "Overwrite the output if it exists")
    .option("--json", "Print the figures as JSON")
    .example("  thinwire encode gradient.npy --spec top-k:ratio=0.01 -o gradient.tw")
    .action((path: string, options: { force?: boolean; json?: boolean }) => encode(cli, path, options));
}

async function encode(
  cli: CAC,
  path: string,
  { force = false, json }: { force?: boolean; json?: boolean },
): Promise<void> {
  const spec = typedOption(cli, "--spec");
  if (spec === undefined)
    throw new UsageError("--spec must name a compressor, e.g. --spec top-k:ratio=0.01; see thinwire list compressors");
  const out = typedOption(cli, "-o", "--out") ?? `${path}.tw`;
  const seed = integerOption(typedOption(cli, "--seed"), "seed", 0n, MAX_SEED) ?? 0n;
  const dtype = choiceOption<Dtype>(typedOption(cli, "--dtype"), "dtype", ["f32", "f64"]);
  checkOutput(out, force);
  const file = readVectors(path, readInput(path));
  if (file.vectors.length === 0) throw new FileError(`${path}: holds no F32 or F64 tensor`);
  const { load } = await import("../index.ts");
  const tw = await load();
  const encodeOne = (vector: NamedVector, i: number): NamedMessage => {
    const values = convert(vector.values, dtype);
    const codec = tw.codec(spec, values.length, { seed: (seed + BigInt(i)) & MAX_SEED, dtype: dtypeOf(values) });
    try {
      return { name: vector.name, shape: vector.shape, bytes: codec.encode(values as never) };
    } catch (error) {
      // about the file's content, not about what was typed
      const where = file.plain ? path : `${path}: ${quote(vector.name)}`;
      throw new FileError(`${where}: ${(error as Error).message}`, { cause: error });
    }
  };
  const messages = file.vectors.map(encodeOne);
  const bytes = writeMessages({ ...file, messages });
  writeOutput(out, bytes);
  const bitsBefore = file.vectors.reduce((sum, { values }) => sum + 8 * values.byteLength, 0);
  const bitsAfter = messages.reduce((sum, message) => sum + 8 * message.bytes.length, 0);
  const figures = {
    in: path,
    out,
    spec,
    messages: messages.length,
    kept: file.others.length,
    bitsBefore,
    bitsAfter,
    ratio: bitsBefore / bitsAfter,
  };
  if (json) printJson(figures);
  else print(summary(figures));
}

function convert(values: Values, dtype: Dtype | undefined): Values {
  if (dtype === undefined || dtype === dtypeOf(values)) return values;
  return dtype === "f32" ? new Float32Array(values) : new Float64Array(values);
}

function summary(figures: {
  out: string;
  messages: number;
  kept: number;
  bitsBefore: number;
  bitsAfter: number;
  ratio: number;
}): string {
  const { out, messages, kept, bitsBefore, bitsAfter, ratio } = figures;
  const others = kept === 0 ? "" : `; ${kept} of other types kept as they are`;
  const what = messages === 1 ? "" : ` (${messages} messages${others})`;
  return `${out}: ${formatInteger(bitsBefore)} -> ${formatInteger(bitsAfter)} bits, ${formatRatio(ratio)} fewer${what}`;
}
