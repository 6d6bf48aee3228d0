/** `thinwire list`: the registries. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CAC } from "cac";
import type { Method } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { DataError } from "../data/error.ts";
import { formatPlain, printable } from "../report/format.ts";
import { packageRoot, presetNames } from "./files.ts";
import { print, printJson } from "./shell.ts";

interface Listing {
  /** As printed with --json. */
  readonly items: readonly { readonly name: string }[];
  readonly titles: readonly string[];
  /** Widths of the columns in characters; text is wrapped into them. */
  readonly widths: readonly number[];
  readonly rows: readonly (readonly string[])[];
}

const kinds: Readonly<Record<string, () => Promise<Listing>>> = {
  compressors: listCompressors,
  maps: listMaps,
  methods: listMethods,
  estimators: listEstimators,
  problems: listProblems,
  presets: listPresets,
};

export function register(cli: CAC): void {
  cli
    .command("list <what>", `Show what there is: ${Object.keys(kinds).join(", ")}`)
    .option("--json", "Print as JSON, with every field")
    .example("  thinwire list compressors")
    .action(async (what: string, { json }: { json?: boolean }) => {
      const load = Object.hasOwn(kinds, what) ? kinds[what] : undefined;
      if (!load) throw new UsageError(`unknown list "${what}"; ${suggestion(what, Object.keys(kinds))}`);
      const listing = await load();
      if (json) printJson(listing.items);
      else print(renderListing(listing));
    });
}

async function listCompressors(): Promise<Listing> {
  const { compressors } = await import("../compressors/index.ts");
  const { bitsOf } = await import("../verify/bits.ts");
  const items = Object.values(compressors).map((factory) => ({
    name: factory.name,
    wireId: factory.wireId,
    summary: factory.summary,
    constants: factory.formulas,
    bits: bitsOf(factory),
    options: factory.options,
    defaults: factory.defaults as Readonly<Record<string, unknown>>,
    reference: factory.reference,
  }));
  const optionText = ({ options, defaults }: (typeof items)[number]) =>
    Object.entries(options)
      .map(([key, kind]) => {
        const what = kind.startsWith("choice:") ? kind.slice(7) : kind;
        return `${key}: ${what}${defaults[key] === undefined ? "" : ` (${defaults[key]})`}`;
      })
      .join("\n") || "-";
  return {
    items,
    titles: [
      "compressor",
      "class and constants",
      "bits an entry, d = 10^6",
      "options (default)",
      "what it does; source",
    ],
    widths: [21, 22, 11, 16, 22],
    rows: items.map((item) => [
      item.name,
      item.constants,
      `${formatPlain(item.bits.bits)}${item.bits.spec === item.name ? "" : `\n${item.bits.spec.slice(item.name.length + 1)}`}`,
      optionText(item),
      `${item.summary}. ${item.reference}`,
    ]),
  };
}

async function listMaps(): Promise<Listing> {
  const { maps } = await import("../maps/index.ts");
  const items = Object.values(maps).map(
    ({ name, summary, formulas, message, options, defaults, example, reference }) => ({
      name,
      summary,
      constants: formulas,
      message,
      options,
      defaults,
      example,
      reference,
    }),
  );
  return {
    items,
    titles: ["three-point map", "constants", "message", "example", "what it does; source"],
    widths: [15, 24, 13, 19, 25],
    rows: items.map((item) => [
      item.name,
      item.constants,
      item.message,
      item.example,
      `${item.summary}. ${item.reference}`,
    ]),
  };
}

async function listMethods(): Promise<Listing> {
  const { methods } = await import("../methods/index.ts");
  const items = Object.values(methods).map((method) => ({
    name: method.name,
    summary: method.summary,
    promise: method.promise,
    needs: method.needs,
    ...(method.estimator && { estimator: method.estimator }),
    covers: method.covers ?? [],
    options: method.options,
    reference: method.reference,
  }));
  const standing = (slot: string, { optional, defaults }: Method["needs"]): string =>
    optional?.includes(slot) ? " (optional)" : defaults?.[slot] ? `, default ${defaults[slot]}` : "";
  const needsText = ({ needs, needs: { compressors, oracle, optimum }, estimator, covers }: (typeof items)[number]) =>
    [
      ...Object.entries(compressors).map(([slot, kind]) => `${slot}: ${kind}${standing(slot, needs)}`),
      ...(oracle === "gradient" ? [] : [`oracle: ${oracle}`]),
      ...(estimator ? [`estimator: ${estimator}`] : []),
      ...(optimum ? ["x* itself"] : []),
      ...(covers.length > 0 ? [`covers ${covers.join(", ")}`] : []),
    ].join("\n") || "-";
  return {
    items,
    titles: ["method", "needs; covers", "promise", "options", "what it does; source"],
    widths: [17, 24, 13, 9, 29],
    rows: items.map((item) => [
      item.name,
      needsText(item),
      item.promise,
      Object.keys(item.options).join("\n"),
      `${item.summary}. ${item.reference}`,
    ]),
  };
}

async function listEstimators(): Promise<Listing> {
  const { estimators } = await import("../estimators/index.ts");
  const items = Object.values(estimators).map(({ name, summary, options, reference }) => ({
    name,
    summary,
    options,
    reference,
  }));
  return {
    items,
    titles: ["estimator", "options", "what it does; source"],
    widths: [12, 36, 46],
    rows: items.map(({ name, summary, options, reference }) => [
      name,
      Object.entries(options)
        .map(([key, text]) => `${key}: ${text}`)
        .join("\n") || "-",
      `${summary}. ${reference}`,
    ]),
  };
}

async function listProblems(): Promise<Listing> {
  const { problems } = await import("../problems/index.ts");
  const items = Object.values(problems).map(({ name, summary, data, options, readings }) => ({
    name,
    summary,
    data,
    options,
    readings,
  }));
  return {
    items,
    titles: ["problem", "data", "what it is", "options"],
    widths: [18, 5, 35, 36],
    rows: items.map(({ name, summary, data, options }) => [
      name,
      data ? "yes" : "no",
      summary,
      Object.entries(options)
        .map(([key, text]) => `${key}: ${text}`)
        .join("\n") || "-",
    ]),
  };
}

/** Experiments shipped with the package: a preset's name is its file's. */
async function listPresets(): Promise<Listing> {
  const folder = join(packageRoot(), "experiments");
  const items = presetNames().map((name) => {
    const path = join(folder, `${name}.json`);
    return { name, description: descriptionOf(path), path };
  });
  return {
    items,
    titles: ["preset", "what it shows"],
    widths: [24, 72],
    rows: items.map(({ name, description }) => [name, description.split("\n")[0]!]),
  };
}

function descriptionOf(path: string): string {
  try {
    const { description } = JSON.parse(readFileSync(path, "utf8")) as { description?: unknown };
    return typeof description === "string" ? description : "";
  } catch (error) {
    throw new DataError(path, "must be JSON", (error as Error).message);
  }
}

function renderListing({ titles, widths: given, rows }: Listing): string {
  // names are never broken; the last column, which is all prose, gives what they take
  const name = Math.max(given[0]!, ...rows.map(([cell]) => cell!.length));
  const widths = [name, ...given.slice(1, -1), given.at(-1)! - (name - given[0]!)];
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd();
  const block = (row: readonly string[]) => {
    const columns = row.map((cell, i) => wrap(cell, widths[i]!));
    const height = Math.max(...columns.map((lines) => lines.length));
    return Array.from({ length: height }, (_, i) => line(columns.map((lines) => lines[i] ?? ""))).join("\n");
  };
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [block(titles), rule, ...rows.map(block)].join("\n");
}

/** Lines of at most `width` characters, broken at spaces, and inside words only where one is too long. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (let word of printable(paragraph).split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = "";
      }
      for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width));
      line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}
