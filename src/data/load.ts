/**
 * Data sets as an experiment file names them (Node). One of four kinds of `data`:
 *
 *   { "libsvm": path, "features"?, "maxRows"?, "otherwise"?: a generator, where there is no such file }
 *   { "npy": path, "labels": path, "maxRows"? }
 *   { "generator": "make-regression" | "make-classification", "rows", "features", ..., "seed"? }
 *   { "package": npm package, "images": IDX file in it, "labels": IDX file in it, "rows"?, "pool"?: 2 | 4 }
 *
 * All take "scale": "max" (columns into [-1, 1]) or "standardise"; all but generators take "positive" (labels that become +1, the
 * rest -1). Other labels stay as they are. Paths are relative to the experiment file's folder; a LIBSVM file may also lie in the
 * folder that THINWIRE_DATA names. Unknown keys are errors.
 */

import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { suggestion } from "../core/names.ts";
import { DataError, quote, show } from "./error.ts";
import { makeClassification, makeRegression, type Random } from "./generators.ts";
import { idxData, readIdx } from "./idx.ts";
import { readLibsvm } from "./libsvm.ts";
import {
  binaryLabels,
  type Data,
  type DenseData,
  type Positive,
  pool2x2,
  scaleColumns,
  selectRows,
  standardise,
} from "./matrix.ts";
import { type NpyArray, readNpy } from "./npy.ts";

interface Shared {
  scale?: "max" | "standardise";
  positive?: Positive;
}
export interface LibsvmSpec extends Shared {
  libsvm: string;
  features?: number;
  maxRows?: number;
  /** A stand-in of the same shape. */
  otherwise?: RegressionSpec | ClassificationSpec;
}
export interface NpySpec extends Shared {
  npy: string;
  labels: string;
  maxRows?: number;
}
export interface PackageSpec extends Shared {
  package: string;
  images: string;
  labels: string;
  rows?: number;
  pool?: 2 | 4;
}
export interface RegressionSpec extends Pick<Shared, "scale"> {
  generator: "make-regression";
  rows: number;
  features: number;
  informative?: number;
  noise?: number;
  seed?: number;
}
export interface ClassificationSpec extends Pick<Shared, "scale"> {
  generator: "make-classification";
  rows: number;
  features: number;
  separation?: number;
  flip?: number;
  density?: number;
  seed?: number;
}
export type DataSpec = LibsvmSpec | NpySpec | PackageSpec | RegressionSpec | ClassificationSpec;

type Rule = (value: unknown) => string | undefined; // what had to hold, if it does not
type Keys = Record<string, { rule: Rule; required?: true }>;

const text: Rule = (v) => (typeof v === "string" && v !== "" ? undefined : "must be a string that is not empty");
const count: Rule = (v) => (Number.isSafeInteger(v) && (v as number) >= 1 ? undefined : "must be an integer from 1 up");
const natural: Rule = (v) =>
  Number.isSafeInteger(v) && (v as number) >= 0 ? undefined : "must be an integer from 0 up";
const amount: Rule = (v) => (Number.isFinite(v) && (v as number) >= 0 ? undefined : "must be a number from 0 up");
const share: Rule = (v) => (amount(v) === undefined && (v as number) <= 1 ? undefined : "must be a number in 0..1");
const fraction: Rule = (v) =>
  share(v) === undefined && (v as number) > 0 ? undefined : "must be a number above 0, at most 1";
const oneOf = (...choices: readonly (string | number)[]): Rule => {
  const rule = `must be ${choices.map(show).join(" or ")}`;
  return (v) => (choices.includes(v as string) ? undefined : rule);
};
const positive: Rule = (v) =>
  v === "odd" || Number.isFinite(v) || (Array.isArray(v) && v.length > 0 && v.every(Number.isFinite))
    ? undefined
    : 'must be a label, an array of labels or "odd"';

const generated: Rule = (v) =>
  typeof v === "object" && v !== null && "generator" in v ? undefined : 'must be an object with the key "generator"';

const scale: Keys = { scale: { rule: oneOf("max", "standardise") } };
const labelled: Keys = { ...scale, positive: { rule: positive } };
const sized: Keys = {
  rows: { rule: count, required: true },
  features: { rule: count, required: true },
  seed: { rule: natural },
};
const GENERATORS: Record<string, Keys> = {
  "make-regression": { ...scale, ...sized, informative: { rule: natural }, noise: { rule: amount } },
  "make-classification": {
    ...scale,
    ...sized,
    separation: { rule: amount },
    flip: { rule: share },
    density: { rule: fraction },
  },
};
const KINDS: Record<string, Keys> = {
  libsvm: { ...labelled, features: { rule: count }, maxRows: { rule: count }, otherwise: { rule: generated } },
  npy: { ...labelled, labels: { rule: text, required: true }, maxRows: { rule: count } },
  package: {
    ...labelled,
    images: { rule: text, required: true },
    labels: { rule: text, required: true },
    rows: { rule: count },
    pool: { rule: oneOf(2, 4) },
  },
};
const KIND_NAMES = ["libsvm", "npy", "generator", "package"];

/** Checks the `data` part of an experiment file; throws DataError naming the key, the rule and the value. */
export function parseDataSpec(spec: unknown): DataSpec {
  if (typeof spec !== "object" || spec === null || Array.isArray(spec))
    throw new DataError("data", "must be an object", show(spec));
  const given = new Map(Object.entries(spec));
  const kinds = KIND_NAMES.filter((kind) => given.has(kind));
  if (kinds.length !== 1) {
    const wanted = `must have one of the keys ${KIND_NAMES.join(", ")}`;
    const [first] = given.keys();
    if (kinds.length > 1 || first === undefined) throw new DataError("data", wanted, kinds.join(" and ") || "none");
    const keys = [...given.keys()].map((key) => `${quote(key)} (${suggestion(key, KIND_NAMES)})`);
    throw new DataError("data", wanted, keys.slice(0, 4).join(", "));
  }
  const kind = kinds[0]!;
  let keys = KINDS[kind];
  if (keys === undefined) {
    const generator = given.get(kind);
    const names = Object.keys(GENERATORS);
    if (typeof generator !== "string" || !Object.hasOwn(GENERATORS, generator))
      throw new DataError("data: generator", `must be ${names.map(quote).join(" or ")}`, show(generator));
    keys = GENERATORS[generator]!;
  }
  checkKeys(given, { [kind]: { rule: text }, ...keys });
  if (given.has("otherwise")) parseDataSpec(given.get("otherwise"));
  return spec as DataSpec;
}

function checkKeys(given: ReadonlyMap<string, unknown>, keys: Keys): void {
  const known = Object.keys(keys);
  for (const [key, value] of given) {
    if (!Object.hasOwn(keys, key))
      throw new DataError("data", `every key must be known (${suggestion(key, known)})`, quote(key));
    const broken = keys[key]!.rule(value);
    if (broken !== undefined) throw new DataError(`data: ${key}`, broken, show(value));
  }
  const missing = known.find((key) => keys[key]!.required && !given.has(key));
  if (missing !== undefined) throw new DataError("data", `"${missing}" is required`, [...given.keys()].join(", "));
}

/**
 * Where the data come from on this machine: `spec` itself, or its stand-in where the file is neither beside the experiment nor in
 * THINWIRE_DATA.
 */
export function chooseData(spec: unknown, baseDir: string): { spec: DataSpec; standIn: boolean } {
  const checked = parseDataSpec(spec);
  if (!("libsvm" in checked) || checked.otherwise === undefined) return { spec: checked, standIn: false };
  const { otherwise, ...file } = checked;
  const standIn = !existsSync(libsvmPath(file, baseDir));
  return { spec: standIn ? otherwise : file, standIn };
}

/** Beside the experiment, else in THINWIRE_DATA. */
function libsvmPath({ libsvm }: LibsvmSpec, baseDir: string): string {
  const beside = resolve(baseDir, libsvm);
  const folder = process.env.THINWIRE_DATA;
  if (!folder || existsSync(beside)) return beside;
  const shared = resolve(folder, libsvm);
  return existsSync(shared) ? shared : beside;
}

/** Loads what `spec` names. `random(seed)` makes the stream of a generator; seed is the spec's own, if it has one. */
export async function loadData(spec: unknown, baseDir: string, random: (seed?: number) => Random): Promise<Data> {
  const checked = chooseData(spec, baseDir).spec;
  let data = await loadPlain(checked, baseDir, random);
  if ("positive" in checked && checked.positive !== undefined) data = binaryLabels(data, checked.positive);
  if (checked.scale === "max") return scaleColumns(data);
  return checked.scale === "standardise" ? standardise(data) : data;
}

async function loadPlain(spec: DataSpec, baseDir: string, random: (seed?: number) => Random): Promise<Data> {
  if ("libsvm" in spec) return loadLibsvm(spec, baseDir);
  if ("npy" in spec) return loadNpy(spec, baseDir);
  if ("package" in spec) return loadPackage(spec, baseDir);
  const stream = random(spec.seed);
  return spec.generator === "make-regression" ? makeRegression(spec, stream) : makeClassification(spec, stream);
}

/** Turns an operating system's error about a file into a DataError with its path. */
async function reading<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    throw new DataError(path, "must be a readable file", code === "ENOENT" ? "no such file" : code);
  }
}

const readWhole = (path: string): Promise<Uint8Array> => reading(path, () => readFile(path));

function loadLibsvm(spec: LibsvmSpec, baseDir: string): Promise<Data> {
  const path = libsvmPath(spec, baseDir);
  const { features, maxRows } = spec;
  const options = { name: spec.libsvm, ...(features && { features }), ...(maxRows && { maxRows }) };
  return reading(path, () => readLibsvm(createReadStream(path, { highWaterMark: 1 << 20 }), options));
}

async function loadNpy(spec: NpySpec, baseDir: string): Promise<Data> {
  const matrix = readNpy(await readWhole(resolve(baseDir, spec.npy)), spec.npy);
  const labels = readNpy(await readWhole(resolve(baseDir, spec.labels)), spec.labels);
  if (matrix.shape.length !== 2) throw new DataError(spec.npy, "must have two axes (rows, columns)", shapeText(matrix));
  const [rows, cols] = matrix.shape as [number, number];
  if (rows === 0 || cols === 0) throw new DataError(spec.npy, "must not be empty", shapeText(matrix));
  const column = labels.shape.length === 1 || (labels.shape.length === 2 && labels.shape[1] === 1);
  if (!column || labels.shape[0] !== rows)
    throw new DataError(spec.labels, `must hold ${rows} labels`, shapeText(labels));
  for (const [name, { values }] of [
    [spec.npy, matrix],
    [spec.labels, labels],
  ] as const) {
    const wrong = values.findIndex((v) => !Number.isFinite(v));
    if (wrong >= 0) throw new DataError(name, "all values must be finite", `${values[wrong]} at element ${wrong}`);
  }
  const all: DenseData = { kind: "dense", rows, cols, values: toF64(matrix), labels: toF64(labels) };
  return firstRows(all, spec.maxRows);
}

const shapeText = (array: NpyArray): string => `shape (${array.shape.join(", ")})`;
const toF64 = ({ values }: NpyArray): Float64Array =>
  values instanceof Float64Array ? values : Float64Array.from(values);

function firstRows(data: DenseData, most: number | undefined): DenseData {
  if (most === undefined || most >= data.rows) return data;
  return selectRows(
    data,
    Uint32Array.from({ length: most }, (_, i) => i),
  );
}

async function loadPackage(spec: PackageSpec, baseDir: string): Promise<Data> {
  const folder = findPackage(spec.package, [baseDir, process.cwd(), dirname(fileURLToPath(import.meta.url))]);
  const read = async (file: string) => {
    const path = resolve(folder, file);
    const inside = relative(folder, path);
    if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside))
      throw new DataError(`data: package ${spec.package}`, "files must lie inside the package", quote(file));
    return readIdx(await readWhole(path), `${spec.package}/${file}`);
  };
  const images = await read(spec.images);
  let data = idxData(images, await read(spec.labels), spec.rows, `${spec.package}/${spec.images}`);
  for (let pool = spec.pool ?? 1; pool > 1; pool /= 2) {
    const side = Math.round(Math.sqrt(data.cols));
    if (side * side !== data.cols || side % 2 !== 0)
      throw new DataError(
        "data: pool",
        "images must be square with an even side at every halving",
        `${data.cols} pixels`,
      );
    data = pool2x2(data, side);
  }
  return data;
}

/** The folder of an installed npm package: node_modules of the given folders and of all above them. */
export function findPackage(name: string, from: readonly string[]): string {
  if (!/^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/i.test(name))
    throw new DataError("data: package", "must be an npm package name", quote(name));
  for (const start of from) {
    for (let at = resolve(start); ; at = dirname(at)) {
      const folder = join(at, "node_modules", name);
      if (existsSync(folder)) return folder;
      if (at === dirname(at)) break;
    }
  }
  throw new DataError(
    `data: package ${name}`,
    `must be installed (npm install ${name})`,
    `none above ${from.map((s) => resolve(s)).join(" or ")}`,
  );
}
