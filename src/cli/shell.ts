/** What the commands share: reading options, exit codes, errors on one line. */
import type { CAC } from "cac";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { printable } from "../report/format.ts";

export interface CommandModule {
  /** Adds its command to the shell. */
  register(cli: CAC): void;
}

/** Ends a command that has said all it had to say with this exit code. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** The exit code after Ctrl-C: 128 + SIGINT, as shells expect. */
export const INTERRUPTED = 130;

/** 2 for what was typed wrong, 1 for what went wrong. */
export function exitCode(error: unknown): number {
  if (error instanceof Exit) return error.code;
  const usage = error instanceof UsageError || error instanceof RangeError || (error as Error)?.name === "CACError";
  return usage ? 2 : 1;
}

/** The line for stderr. Errors that no one foresaw say so. */
export function errorLine(command: string | undefined, error: unknown): string {
  const subject = command === undefined ? "thinwire" : `thinwire ${command}`;
  if (!(error instanceof Error)) return `${subject}: ${printable(String(error))}`;
  const foreseen = !(error instanceof TypeError || error instanceof ReferenceError || error instanceof SyntaxError);
  const text = printable(error.message.replace(/\s*\n\s*/g, "; "));
  return foreseen ? `${subject}: ${text}` : `${subject}: internal error: ${text} (DEBUG=thinwire shows where)`;
}

/**
 * The text of an option as it was typed: cac reads what looks like a number as one, which loses digits and zeros.
 * @param names with dashes, e.g. `-o`, `--out`
 */
export function typedOption(cli: CAC, ...names: string[]): string | undefined {
  const args = cli.rawArgs.slice(2);
  const end = args.indexOf("--");
  let found: string | undefined;
  for (const [i, arg] of (end < 0 ? args : args.slice(0, end)).entries()) {
    if (names.includes(arg)) found = args[i + 1];
    else {
      const equals = arg.indexOf("=");
      if (equals > 0 && names.includes(arg.slice(0, equals))) found = arg.slice(equals + 1);
    }
  }
  return found;
}

/** An integer in [low, high], or undefined if the option is not given. @throws RangeError */
export function integerOption(text: string | undefined, name: string, low: bigint, high: bigint): bigint | undefined {
  if (text === undefined) return undefined;
  const value = /^-?\d{1,40}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value < low || value > high) {
    throw new RangeError(`--${name} must be an integer in ${low}..${high}, got "${text}"`);
  }
  return value;
}

/** One of a few words, or undefined if the option is not given. @throws UsageError */
export function choiceOption<W extends string>(
  text: string | undefined,
  name: string,
  words: readonly W[],
): W | undefined {
  if (text === undefined) return undefined;
  const found = words.find((word) => word === text);
  if (found === undefined) throw new UsageError(`--${name} must be one of ${words.join(", ")}, got "${text}"`);
  return found;
}

/** @throws UsageError naming the near ones for options that the command does not have */
export function checkOptions(cli: CAC): void {
  const command = cli.matchedCommand;
  if (!command) return;
  const known = [...command.options, ...cli.globalCommand.options];
  const names = new Set(known.flatMap((option) => option.names));
  for (const given of Object.keys(cli.options)) {
    if (given === "--" || names.has(given)) continue;
    const dashed = given.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    const all = known.map(({ name }) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
    const shown = `${dashed.length === 1 ? "-" : "--"}${dashed}`;
    throw new UsageError(`unknown option "${shown}"; ${suggestion(shown, all)}`);
  }
}

export const print = (text: string): void => {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
};

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));
