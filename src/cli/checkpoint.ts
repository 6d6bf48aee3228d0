/** A file that holds a run between two of its rounds, so that a process that died can go on bit for bit. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { CAC } from "cac";
import { UsageError } from "../core/errors.ts";
import type { Checkpoints, Saved } from "../run/session.ts";
import { FileError, failed, writeOutput } from "./files.ts";
import { integerOption, typedOption } from "./shell.ts";

const EVERY = 100;
const MAGIC = "thinwire checkpoint 1";

interface Content {
  magic: string;
  version: string;
  /** The experiment's text: a checkpoint belongs to one. */
  experiment: string;
  saved: Saved;
}

export function checkpointOptions<C extends { option(name: string, text: string): C }>(command: C): C {
  return command
    .option("--checkpoint <file>", "Save the states of all nodes there now and then")
    .option("--every <rounds>", `Rounds from one checkpoint to the next (default: ${EVERY})`)
    .option("--resume", "Go on from the checkpoint, bit for bit, if the file exists");
}

/** What `--checkpoint`, `--every` and `--resume` ask for. @throws UsageError, FileError */
export function checkpointFile(cli: CAC, source: unknown, version: string): Checkpoints | undefined {
  const given = typedOption(cli, "--checkpoint");
  const every = integerOption(typedOption(cli, "--every"), "every", 1n, 1_000_000_000n);
  const wanted = cli.options.resume === true;
  if (given === undefined) {
    if (every === undefined && !wanted) return undefined;
    throw new UsageError(`--${wanted ? "resume" : "every"} needs --checkpoint <file>`);
  }
  const path = resolve(given);
  const experiment = JSON.stringify(source);
  const saved = wanted && existsSync(path) ? read(path, version, experiment) : undefined;
  return {
    every: Number(every ?? EVERY),
    save: (state) =>
      writeOutput(path, serialize({ magic: MAGIC, version, experiment, saved: state } satisfies Content)),
    ...(saved && { resume: saved }),
  };
}

function read(path: string, version: string, experiment: string): Saved {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw failed(path, "read", error);
  }
  let content: Partial<Content> | undefined;
  try {
    content = deserialize(bytes) as Content;
  } catch {} // said below
  if (content?.magic !== MAGIC || !content.saved) throw new FileError(`${path}: is no checkpoint`);
  if (content.version !== version) {
    throw new FileError(`${path}: must be of this version (${version}), is of ${content.version}`);
  }
  if (content.experiment !== experiment) throw new FileError(`${path}: belongs to another experiment`);
  return content.saved;
}
