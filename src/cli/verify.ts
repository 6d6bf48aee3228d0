/** `thinwire verify`: measured constants against stated ones. */
import type { CAC } from "cac";
import { UsageError } from "../core/errors.ts";
import { formatInteger, formatPlain, printable } from "../report/format.ts";
import { summaryCells, value } from "../verify/summary.ts";
import type { Verification, VerifyOptions } from "../verify/verify.ts";
import { numbers } from "./output.ts";
import { Exit, integerOption, print, typedOption } from "./shell.ts";

export function register(cli: CAC): void {
  cli
    .command("verify [spec]", "Measure a compressor's constants and hold them against the stated ones")
    .option("--all", "Every compressor, with its example options")
    .option("--dim <d>", "Entries of the vectors, 2..2^24 (default: 64)")
    .option("--samples <n>", "Messages of every input, 2..10^7 (default: 20000)")
    .option("--seed <n>", "Seed, 0..2^64-1 (default: 1)")
    .option("--json", "Print the figures as JSON")
    .example("  thinwire verify rand-k:ratio=0.1")
    .example("  thinwire verify --all")
    .action((spec: string | undefined, options: { all?: boolean; json?: boolean }) => run(cli, spec, options));
}

async function run(
  cli: CAC,
  spec: string | undefined,
  { all, json }: { all?: boolean; json?: boolean },
): Promise<void> {
  if ((spec === undefined) === (all === undefined)) throw new UsageError("give a spec, or --all");
  const asked = (name: string, low: bigint, high: bigint) =>
    integerOption(typedOption(cli, `--${name}`), name, low, high);
  const dim = Number(asked("dim", 2n, 2n ** 24n) ?? 64n);
  const options: VerifyOptions = {
    dim,
    samples: Number(asked("samples", 2n, 10n ** 7n) ?? 20_000n),
    seed: asked("seed", 0n, 2n ** 64n - 1n) ?? 1n,
  };
  const { verify } = await import("../verify/verify.ts");
  const { compressors } = await import("../compressors/index.ts");
  const { examplesOf } = await import("../compressors/examples.ts");
  const specs = spec === undefined ? Object.values(compressors).flatMap((f) => examplesOf(f, dim)) : [spec];
  const found: Verification[] = [];
  const table = all && !json;
  if (table) print(allHead(options));
  for (const text of specs) {
    const verification = verify(text, options);
    found.push(verification);
    if (table) print(allLine(verification));
  }
  if (json) print(JSON.stringify(all ? found : found[0], numbers, 2));
  else if (!all) print(detail(found[0]!));
  const wrong = found.filter(({ holds }) => !holds);
  if (table) print(allFoot(found.length, wrong));
  if (wrong.length > 0) throw new Exit(1);
}

const LEVEL =
  "Intervals: a right compressor is called wrong with probability below 1e-6 (normal approximation, and room for events too rare to be seen).";

function detail({ spec, dim, samples, checks, uncertainty, holds }: Verification): string {
  const lines = checks.map((check) => {
    const verdict = check.holds ? "holds" : "VIOLATED";
    const measured = check.margin === 0 ? value(check.measured) : `${value(check.measured)} +- ${value(check.margin)}`;
    return [printable(check.constant), `${check.relation} ${value(check.stated)}`, measured, check.input, verdict];
  });
  const rows = [["constant", "stated", "measured", "tightest on", ""], ...lines];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const { measured } = uncertainty;
  return [
    `${printable(spec)}, d = ${formatInteger(dim)}, f64, ${formatInteger(samples)} messages of every input`,
    ...rows.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    ),
    ...(checks.length === 0 ? ["nothing is stated of this compressor"] : []),
    `normal input, f32 payloads: ${formatPlain(measured.bits)} bits an entry, a = ${value(measured.a)}, a 4^bits = ${value(measured.product)}`,
    LEVEL,
    holds ? "no violation" : `VIOLATED: ${checks.filter((c) => !c.holds).length} of ${checks.length} checks`,
  ].join("\n");
}

const columns = [52, 22, 25, 9, 11] as const;
const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => cell.padEnd(columns[i] ?? 0))
    .join("  ")
    .trimEnd();

function allHead({ dim, samples }: VerifyOptions): string {
  return [
    `d = ${dim}, f64, ${formatInteger(samples!)} messages of each input: normal, heavy-tailed, sparse, flat, one spike, worst case where one is known. Bits: f32, normal input.`,
    LEVEL,
    row(["compressor", "stated", "measured, tightest", "bits/d", "a 4^bits", "verdict"]),
    row([...columns.map((width) => "-".repeat(width)), "-------"]),
  ].join("\n");
}

const allLine = (verification: Verification): string => row(summaryCells(verification).map(printable));

function allFoot(count: number, wrong: readonly Verification[]): string {
  if (wrong.length === 0) return `${count} compressors, no violation`;
  return `${count} compressors, ${wrong.length} VIOLATED: ${wrong.map(({ spec }) => printable(spec)).join("; ")}`;
}
