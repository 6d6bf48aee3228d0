/** docs/compressors.md and its chart; `node scripts/compressors.mjs` writes them, a test holds them up to date. */

import { examplesOf } from "../compressors/examples.ts";
import { compressors } from "../compressors/index.ts";
import { formatPlain } from "../report/format.ts";
import { ENTROPY_DIM, type EntropyRow } from "./entropy.ts";
import type { FrontierPoint } from "./frontier.ts";
import { summaryCells } from "./summary.ts";
import { verify } from "./verify.ts";

/** Dimension of the chart and the table. */
export const DOCUMENT_DIM = 4096;

/** What the table of constants is measured on. */
const VERIFIED = { dim: 64, samples: 1000, seed: 1n };

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** Errors as their order of magnitude allows: more digits would change with the last bit of a kernel. */
const error = (value: number): string => (value === 0 ? "0" : formatPlain(value));

const bits = (value: number): string => value.toFixed(value < 1 ? 4 : 3);

export function compressorsDocument(points: readonly FrontierPoint[], entropy: readonly EntropyRow[]): string {
  const coded = entropy.map((row) => [
    `\`${cell(row.spec)}\``,
    row.input,
    bits(row.alone),
    bits(row.coded),
    bits(row.empirical),
    `${(100 * (row.coded / row.empirical - 1)).toFixed(1)} %`,
  ]);
  const rows = points.map(({ spec, kind, bits, error: e }) => [`\`${cell(spec)}\``, kind, formatPlain(bits), error(e)]);
  const families = Object.values(compressors).map((f) => [
    `\`${f.name}\``,
    cell(f.formulas),
    cell(f.summary),
    cell(f.reference),
  ]);
  const verified = Object.values(compressors)
    .flatMap((factory) => examplesOf(factory, VERIFIED.dim))
    .map((spec) => summaryCells(verify(spec, VERIFIED)).map((text, i) => (i === 0 ? `\`${cell(text)}\`` : cell(text))));
  return `# Compressors

Made by \`node scripts/compressors.mjs\`; a test checks that it is current. \`thinwire list compressors\` shows options,
\`thinwire verify --all\` measures every constant below on sampled messages, with confidence intervals.

## Bits against error

![Bits an entry against error of every compressor](figures/frontier.svg)

Every example of every compressor on one normal vector, d = ${DOCUMENT_DIM}, f32: mean bits of real payloads (envelopes are not
counted) and mean |C(x) - x|^2 / |x|^2. No compressor with at most b bits an entry has E|C(x) - x|^2 <= a |x|^2 for all x
with a < 4^-b, where a = omega/(1 + omega) for unbiased ones (the uncertainty principle of Safaryan, Shulgin and Richtarik,
arXiv 2002.08958): the two curves. Points are measured on one kind of input, the curves bound what holds for all of them;
unbiased compressors pay for being unbiased with an error above 1 once they send much less than a bit an entry.
\`thinwire plot frontier --dim 65536\` draws the chart for another d.

| spec | class | bits an entry | error |
|---|---|---|---|
${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}

"identity" and "zero" have no place on logarithmic axes.

## The entropy stage

\`entropy:of=(...)\` codes levels and exponents with one table of frequencies a message. One message each, d = ${ENTROPY_DIM}, f32,
payload bits an entry: of the compressor alone (\`coding=auto\` takes the shortest of its own forms), with the stage, and the
order-0 empirical entropy of the message's symbols, which counts neither table nor norm nor states. What the stage sends
beyond that entropy is 10 to 30 bytes and half a byte for every symbol that comes, below 2 % from d = 10^4 on where an entry
has 2 bits or more; messages of few bytes (one level, one entry outweighing all) are all overhead, and the compressor's own
form is sent where it is shorter. Decoding takes a step for every entry, zeros included.

| spec | input | alone | entropy stage | empirical entropy | beyond it |
|---|---|---|---|---|---|
${coded.map((row) => `| ${row.join(" | ")} |`).join("\n")}

## Constants, measured

\`thinwire verify --all --samples ${VERIFIED.samples}\`: d = ${VERIFIED.dim}, f64, the input on which the measured error comes closest to the stated one, with
its confidence interval; "hold" counts all checks of that compressor (unbiasedness, omega or delta, B1 to B3, the bound). A right
compressor is called wrong with probability below 1e-6.

| spec | stated | measured | bits an entry | a 4^bits | checks |
|---|---|---|---|---|---|
${verified.map((row) => `| ${row.join(" | ")} |`).join("\n")}

## Classes and sources

U(omega): E C(x) = x and E|C(x) - x|^2 <= omega |x|^2. B(delta): E|C(x) - x|^2 <= (1 - delta)|x|^2. Composites take specs
in parentheses, at any depth: \`scaled:of=(composed:outer=(random-dithering),inner=(top-k:ratio=0.01))\`.

| compressor | class and constants | what it does | source |
|---|---|---|---|
${families.map((row) => `| ${row.join(" | ")} |`).join("\n")}
`;
}
