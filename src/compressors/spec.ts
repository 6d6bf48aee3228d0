/**
 * Spec text <-> options. Grammar: name [":" key "=" value {"," key "=" value}], a value being a word or a spec in
 * parentheses: `induced:biased=(top-k:k=10),unbiased=(rand-k:k=40)`, or several, joined by plus signs: `specs=(a)+(b)`.
 */
import type { Compressor, CompressorEnv, CompressorFactory, Ops, OptionKind, State } from "../core/contracts.ts";
import { UsageError } from "../core/errors.ts";
import { nearest } from "../core/names.ts";

export interface ParsedSpec {
  name: string;
  options: Map<string, string>;
}

/** What is named by specs: compressors, three-point maps. */
export type Family = Pick<CompressorFactory, "name" | "options" | "defaults">;
export type Families<F extends Family = Family> = Readonly<Record<string, F>>;

const NAME = /^[a-z0-9][a-z0-9-]*$/;
const MAX_DEPTH = 8;
const MAX_LENGTH = 4096;

/** @throws UsageError naming the text and what was expected */
export function parseSpec(text: string): ParsedSpec {
  if (text.length > MAX_LENGTH) throw new UsageError(`spec: at most ${MAX_LENGTH} characters, got ${text.length}`);
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  if (!NAME.test(name)) throw new UsageError(`spec: expected name or name:key=value,..., got "${text}"`);
  const options = new Map<string, string>();
  if (colon < 0) return { name, options };
  for (const item of splitTop(text.slice(colon + 1), text)) {
    const equals = item.indexOf("=");
    const key = item.slice(0, Math.max(equals, 0));
    let value = item.slice(equals + 1);
    if (equals < 0 || !/^[a-zA-Z][a-zA-Z0-9]*$/.test(key) || value === "") {
      throw new UsageError(`spec: expected key=value, got "${item}" in "${text}"`);
    }
    if (options.has(key)) throw new UsageError(`spec: ${key} is given twice in "${text}"`);
    if (value.startsWith("(")) {
      if (!value.endsWith(")")) throw new UsageError(`spec: expected ")" at the end of "${value}" in "${text}"`);
      if (splitTop(value, text, "+").length === 1) value = value.slice(1, -1);
    } else if (/[()]/.test(value)) throw new UsageError(`spec: stray parenthesis in "${value}" in "${text}"`);
    options.set(key, value);
  }
  return { name, options };
}

/** Splits at commas, or what is given, outside parentheses. */
function splitTop(text: string, whole: string, at = ","): string[] {
  const items: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; ++i) {
    const c = text[i];
    if (c === "(" && ++depth > MAX_DEPTH) throw new UsageError(`spec: nested deeper than ${MAX_DEPTH} in "${whole}"`);
    if (c === ")" && --depth < 0) throw new UsageError(`spec: stray ")" in "${whole}"`);
    if (c === at && depth === 0) {
      items.push(text.slice(from, i));
      from = i + 1;
    }
  }
  if (depth !== 0) throw new UsageError(`spec: missing ")" in "${whole}"`);
  items.push(text.slice(from));
  return items;
}

/** Canonical text of a compressor: options in the factory's order, those undefined left out. */
export function formatSpec(factory: Family, options: object): string {
  const items: string[] = [];
  for (const [key, kind] of Object.entries(factory.options)) {
    const value = (options as Record<string, unknown>)[key];
    if (value === undefined) continue;
    items.push(kind === "spec" ? `${key}=(${value})` : `${key}=${value}`); // specs bring their own parentheses
  }
  return items.length === 0 ? factory.name : `${factory.name}:${items.join(",")}`;
}

export type Registry = Families<CompressorFactory>;

/** The factory behind a name. @throws UsageError listing near names */
export function findFactory<F extends Family>(registry: Families<F>, name: string, kind = "compressor"): F {
  const found = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (found) return found;
  const near = nearest(name, Object.keys(registry));
  throw new UsageError(
    `${kind}: unknown name "${name}"${near.length ? `; near: ${near.join(", ")}` : ""}; all: ${Object.keys(registry).join(", ")}`,
  );
}

/** What a compressor is built in. Without `state`, what it remembers belongs to no checkpoint. */
export type Surroundings = Omit<CompressorEnv, "create" | "state"> & { readonly state?: State };

/** The environment of one compressor or map. @param used is told when `state` is asked for, by it or by its parts */
export function environment(registry: Registry, given: Surroundings, used: () => void = () => {}): CompressorEnv {
  const state = given.state ?? unkept(given.ops, given.dim);
  let parts = 0;
  return {
    ...given,
    get state() {
      used();
      return state;
    },
    create(nested, dim = given.dim) {
      const part = createFromSpec(registry, nested, { ...given, dim, state: under(`${parts++}/`, state) });
      if (part.stateful) used();
      return part;
    },
  };
}

/** Builds the compressor that `text` names. @throws UsageError for unknown names and keys, RangeError for values */
export function createFromSpec(registry: Registry, text: string, given: Surroundings): Compressor {
  const { name, options } = parseSpec(text);
  const factory = findFactory(registry, name);
  let stateful = false;
  const env = environment(registry, given, () => {
    stateful = true;
  });
  const compressor = factory.create(readOptions(registry, factory, options), env);
  return stateful ? { ...compressor, stateful: true } : compressor;
}

/** The part of a state whose names begin with `prefix`. */
export function under(prefix: string, state: State): State {
  return {
    vec: (name, n) => state.vec(prefix + name, n),
    scalar: (name) => state.scalar(prefix + name),
    bytes: (name, n) => state.bytes(prefix + name, n),
  };
}

/** Memory that nobody saves. */
function unkept(ops: Ops, dim: number): State {
  return {
    vec: (_name, n = dim) => ops.vec(n),
    scalar: () => ({ value: 0 }),
    bytes: (_name, n) => ops.bytes(n),
  };
}

/** The text with options in order and defaults written out, at every depth; `ratio` stays. @throws UsageError, RangeError */
export function writeOut(registry: Families, text: string): string {
  const { name, options } = parseSpec(text);
  const factory = findFactory(registry, name);
  return formatSpec(factory, readOptions(registry, factory, options));
}

/** The specs of `(a)+(b)`, or of a single one whose parentheses are gone. @throws UsageError */
export function splitSpecs(text: string): string[] {
  if (!text.startsWith("(")) return [text];
  return splitTop(text, text, "+").map((item) => {
    if (!item.startsWith("(") || !item.endsWith(")")) throw new UsageError(`spec: expected (a)+(b)+..., got "${text}"`);
    return item.slice(1, -1);
  });
}

/** The numbers of `100+20`. */
export const splitSizes = (text: string): number[] => text.split("+").map(Number);

/** The options that `given` text means, with defaults. @throws UsageError for unknown keys, RangeError for values */
export function readOptions(registry: Families, factory: Family, given: Map<string, string>): object {
  const known = Object.keys(factory.options);
  const out: Record<string, unknown> = { ...factory.defaults };
  for (const [key, text] of given) {
    if (!known.includes(key)) {
      const near = nearest(key, known);
      throw new UsageError(
        `${factory.name}: unknown option "${key}"${near.length ? `; near: ${near.join(", ")}` : ""}; ${known.length ? `known: ${known.join(", ")}` : "it has none"}`,
      );
    }
    out[key] = readValue(registry, `${factory.name}: ${key}`, factory.options[key]!, text);
  }
  return out;
}

function readValue(registry: Families, subject: string, kind: OptionKind, text: string): unknown {
  if (kind === "spec") return writeOut(registry, text);
  if (kind === "specs")
    return splitSpecs(text)
      .map((spec) => `(${writeOut(registry, spec)})`)
      .join("+");
  if (kind === "sizes") {
    if (/^(0|[1-9]\d{0,9})(\+(0|[1-9]\d{0,9}))*$/.test(text)) return text;
    throw new RangeError(`${subject} must be integers joined by +, 100+20, got "${text}"`);
  }
  if (kind.startsWith("choice:")) {
    const words = kind.slice(7).split("|");
    if (!words.includes(text)) throw new RangeError(`${subject} must be one of ${words.join(", ")}, got "${text}"`);
    return text;
  }
  const value = Number(text);
  if (!/^[+-]?(\d|\.\d)/.test(text) || !Number.isFinite(value) || (kind === "integer" && !Number.isInteger(value))) {
    throw new RangeError(`${subject} must be ${kind === "integer" ? "an integer" : "a number"}, got "${text}"`);
  }
  return value;
}
