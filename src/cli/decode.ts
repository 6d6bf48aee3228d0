/** `thinwire decode`: messages in a file to vectors. */
import { existsSync } from "node:fs";
import { extname } from "node:path";
import type { CAC } from "cac";
import { quote } from "../data/error.ts";
import { formatInteger } from "../report/format.ts";
import { checkOutput, FileError, readInput, writeOutput } from "./files.ts";
import { integerOption, print, printJson, typedOption } from "./shell.ts";
import {
  dtypeOf,
  EXTENSIONS,
  type NamedMessage,
  type NamedVector,
  readMessages,
  reshape,
  writeVectors,
} from "./vectors.ts";

const DEFAULT_MAX_DIM = 2n ** 26n;

export function register(cli: CAC): void {
  cli
    .command("decode <in>", "Turn Thinwire messages back into vectors (.f32, .f64, .npy, .safetensors)")
    .option(
      "-o, --out <file>",
      "Where to write, in the format that its ending names; default: the input's name without .tw",
    )
    .option("--max-dim <d>", `Most entries that a message may claim (default: ${DEFAULT_MAX_DIM})`)
    .option("--force", "Overwrite the output if it exists")
    .option("--json", "Print the figures as JSON")
    .example("  thinwire decode gradient.tw -o restored.npy")
    .action((path: string, options: { force?: boolean; json?: boolean }) => decode(cli, path, options));
}

async function decode(
  cli: CAC,
  path: string,
  { force = false, json }: { force?: boolean; json?: boolean },
): Promise<void> {
  const given = typedOption(cli, "-o", "--out");
  const maxDim = Number(integerOption(typedOption(cli, "--max-dim"), "max-dim", 0n, 2n ** 32n - 1n) ?? DEFAULT_MAX_DIM);
  if (given !== undefined) checkOutput(given, force);
  const { load } = await import("../index.ts");
  const tw = await load();
  const file = readMessages(path, readInput(path));
  const vectors = file.messages.map((message): NamedVector => {
    try {
      return reshape(path, message, tw.decode(message.bytes, { maxDim }), file.plain);
    } catch (error) {
      throw failure(path, message, file.plain, error);
    }
  });
  const out = given ?? defaultOutput(path, vectors, file.plain);
  checkOutput(out, force);
  writeOutput(out, writeVectors(out, { ...file, vectors }));
  const bitsBefore = file.messages.reduce((sum, { bytes }) => sum + 8 * bytes.length, 0);
  const bitsAfter = vectors.reduce((sum, { values }) => sum + 8 * values.byteLength, 0);
  const entries = vectors.reduce((sum, { values }) => sum + values.length, 0);
  if (json)
    printJson({ in: path, out, messages: vectors.length, kept: file.others.length, entries, bitsBefore, bitsAfter });
  else
    print(
      `${out}: ${formatInteger(bitsBefore)} -> ${formatInteger(bitsAfter)} bits, ${formatInteger(entries)} entries`,
    );
}

/** An error about one message names its file and, among several, its name. */
export function failure(path: string, { name }: NamedMessage, plain: boolean, error: unknown): FileError {
  return new FileError(`${path}: ${plain ? "" : `${quote(name)}: `}${(error as Error).message}`, { cause: error });
}

function defaultOutput(path: string, vectors: readonly NamedVector[], plain: boolean): string {
  const stem = path.replace(/\.tw$/i, "");
  const known = stem !== path && EXTENSIONS.some((extension) => extension === extname(stem).toLowerCase());
  const extension = plain ? `.${dtypeOf(vectors[0]!.values)}` : ".safetensors";
  const out = known ? stem : `${stem}${extension}`;
  if (existsSync(out)) throw new FileError(`${out}: exists; give --out <file>, or --force with it to overwrite it`);
  return out;
}
