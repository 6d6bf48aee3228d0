// Messages with their decoded values, for implementations in other languages: test/vectors/<compressor>.json.
//   node scripts/vectors.mjs            adds the files that are missing (after `node scripts/kernels.mjs`)
//   node scripts/vectors.mjs --rewrite  makes all anew: only when the format changes on purpose
// Input of every message: x_i = ((i * 37 + 11) mod 101 - 50) / 16, and one with a zero vector. Numbers are the
// little-endian bytes of their elements in hexadecimal.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const dir = resolve(root, "test/vectors");

/** Small specs where the compressor's own examples would not do. */
const table = {
  bernoulli: ["bernoulli:p=0.5"],
  "rand-k": ["rand-k:k=3", "rand-k:ratio=0.5"],
  "rand-seq-k": ["rand-seq-k:k=3"],
  "biased-rand-k": ["biased-rand-k:k=3"],
  "top-k": ["top-k:k=1", "top-k:k=9"],
  "top-lek": ["top-lek:k=9"],
  "adaptive-random": ["adaptive-random:mode=biased", "adaptive-random:mode=unbiased"],
  wangni: ["wangni:variance=1", "wangni:budget=0.25"],
  "hard-threshold": ["hard-threshold:relative=0.9", "hard-threshold:max=0.9"],
  "sparse-dithering": ["sparse-dithering:nu=0.5", "sparse-dithering:nu=2,mode=randomised"],
  spherical: ["spherical:trials=100"],
  "cross-polytope": ["cross-polytope:repeat=5"],
  "sparse-loco": ["sparse-loco:k=3,chunk=16"],
  "random-dithering": ["random-dithering:s=1", "random-dithering:s=7"],
  "natural-dithering": ["natural-dithering:s=3"],
  "exponential-dithering": ["exponential-dithering:beta=1.5,s=5"],
  rounding: ["rounding", "rounding:beta=3,mode=biased"],
  kashin: ["kashin"],
  qsparse: ["qsparse:k=5", "qsparse:mode=sign,k=5"],
  "top-k-dithering": ["top-k-dithering:k=5,beta=3"],
  integer: ["integer:alpha=8", "integer:alpha=9,mode=nearest"],
  cast: ["cast", "cast:to=fp16,rounding=stochastic"],
  "block-8bit": ["block-8bit:block=32", "block-8bit:book=linear,rounding=stochastic"],
  induced: ["induced:biased=(top-k:k=3),unbiased=(rand-k:k=3)"],
  scaled: ["scaled:of=(rand-k:k=3)"],
  residual: ["residual:first=(top-k:k=3),second=(sign)"],
  composed: ["composed:outer=(natural),inner=(top-k:k=3)", "composed:outer=(random-dithering),inner=(rand-seq-k:k=3)"],
  block: ["block:size=16,of=(random-dithering)", "block:size=16,of=(top-k:ratio=0.25)"],
  layers: ["layers:sizes=14+7,of=(sign)", "layers:sizes=40+24,specs=(top-k:k=3)+(natural)"],
  "rank-r": ["rank-r:rank=2"],
  "power-sgd": ["power-sgd:rank=2"], // start=warm depends on the messages before
  atomo: ["atomo:budget=1", "atomo:budget=2"],
  entropy: ["entropy:of=(random-dithering:s=3,norm=max)", "entropy:of=(natural)", "entropy:of=(ternary)"],
  smooth: ["smooth:of=(rand-k:k=3)", "smooth:k=1"], // without a matrix: that of the identity
};

async function library() {
  const outdir = mkdtempSync(join(tmpdir(), "vectors-"));
  await build({
    stdin: {
      contents: 'export { load } from "./src/index.ts"; export { examplesOf } from "./src/compressors/examples.ts";',
      resolveDir: root,
      loader: "ts",
    },
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022", // else the bytes come through Uint8Array.fromBase64, which Node 20 lacks
    mainFields: ["module", "main"],
    loader: { ".wasm": "binary" },
    outdir,
    outExtension: { ".js": ".mjs" },
  });
  const library = await import(pathToFileURL(join(outdir, "stdin.mjs")).href);
  rmSync(outdir, { recursive: true });
  return library;
}

const hex = (view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("hex");

const DIMS = [1, 21, 64];
/** Where messages of few entries are not all there is to show. */
const LARGER = { entropy: [1, 300] };

function vectors(tw, spec, dims) {
  const out = [];
  for (const dim of dims) {
    for (const dtype of ["f32", "f64"]) {
      let codec;
      const options = { seed: 42n, node: 1, dtype, hash: dim !== 1 };
      try {
        codec = tw.codec(spec, dim, options);
      } catch {
        continue; // k > d
      }
      const x = dtype === "f32" ? new Float32Array(dim) : new Float64Array(dim);
      const make = () => {
        const message = codec.encode(x);
        const record = { spec: codec.spec, dim, dtype, seed: 42, node: 1, number: codec.messages - 1, input: hex(x) };
        out.push({ ...record, hash: options.hash, message: hex(message), decoded: hex(codec.decode(message)) });
      };
      make();
      for (let i = 0; i < dim; ++i) x[i] = (((i * 37 + 11) % 101) - 50) / 16;
      make();
    }
  }
  return out;
}

const { load, examplesOf } = await library();
const tw = await load();
mkdirSync(dir, { recursive: true });
for (const [name, factory] of Object.entries(tw.compressors)) {
  const file = resolve(dir, `${name}.json`);
  if (existsSync(file) && !process.argv.includes("--rewrite")) continue;
  const records =
    table[name]?.flatMap((spec) => vectors(tw, spec, LARGER[name] ?? DIMS)) ??
    DIMS.flatMap((dim) => examplesOf(factory, dim).flatMap((spec) => vectors(tw, spec, [dim])));
  if (records.length === 0) throw new Error(`vectors: ${name} has no example for d = ${DIMS.join(", ")}`);
  writeFileSync(file, `[\n${records.map((record) => JSON.stringify(record)).join(",\n")}\n]\n`);
  console.log(`${name}: ${records.length} messages`);
}
