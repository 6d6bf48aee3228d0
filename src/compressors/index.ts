/** The compressors, by name. One line each. */
import type { CompressorFactory } from "../core/contracts.ts";
import { adaptiveRandom } from "./adaptive-random.ts";
import { atomo } from "./atomo.ts";
import { bernoulli } from "./bernoulli.ts";
import { biasedRandK } from "./biased-rand-k.ts";
import { block } from "./block.ts";
import { block8Bit } from "./block-8bit.ts";
import { cast } from "./cast.ts";
import { composed } from "./composed.ts";
import { crossPolytope } from "./cross-polytope.ts";
import { entropy } from "./entropy.ts";
import { exponentialDithering } from "./exponential-dithering.ts";
import { hardThreshold } from "./hard-threshold.ts";
import { identity } from "./identity.ts";
import { induced } from "./induced.ts";
import { integer } from "./integer.ts";
import { kashin } from "./kashin.ts";
import { layers } from "./layers.ts";
import { natural } from "./natural.ts";
import { naturalDithering } from "./natural-dithering.ts";
import { oneBit } from "./one-bit.ts";
import { powerSgd } from "./power-sgd.ts";
import { qsparse } from "./qsparse.ts";
import { randK } from "./rand-k.ts";
import { randSeqK } from "./rand-seq-k.ts";
import { randomDithering } from "./random-dithering.ts";
import { rankR } from "./rank-r.ts";
import { rawSign } from "./raw-sign.ts";
import { rawStochasticSign } from "./raw-stochastic-sign.ts";
import { residual } from "./residual.ts";
import { rounding } from "./rounding.ts";
import { scaled } from "./scaled.ts";
import { sign } from "./sign.ts";
import { smooth } from "./smooth.ts";
import { sparseDithering } from "./sparse-dithering.ts";
import { sparseLoco } from "./sparse-loco.ts";
import type { Registry } from "./spec.ts";
import { spherical } from "./spherical.ts";
import { stochasticSign } from "./stochastic-sign.ts";
import { ternary } from "./ternary.ts";
import { topK } from "./top-k.ts";
import { topKDithering } from "./top-k-dithering.ts";
import { topLek } from "./top-lek.ts";
import { wangni } from "./wangni.ts";
import { zero } from "./zero.ts";

const all: readonly CompressorFactory[] = [
  identity, // 1
  zero, // 2
  bernoulli, // 3
  randK, // 4
  biasedRandK, // 5
  topK, // 6
  sign, // 7
  stochasticSign, // 8
  randomDithering, // 9
  ternary, // 10
  natural, // 11
  naturalDithering, // 12
  induced, // 13
  randSeqK, // 14
  topLek, // 15
  adaptiveRandom, // 16
  wangni, // 17
  hardThreshold, // 18
  sparseDithering, // 19
  spherical, // 20
  crossPolytope, // 21
  sparseLoco, // 22
  oneBit, // 23
  rawSign, // 24
  scaled, // 33
  residual, // 34
  composed, // 35
  block, // 36
  layers, // 37
  exponentialDithering, // 25
  rounding, // 26
  integer, // 27
  cast, // 28
  block8Bit, // 29
  kashin, // 30
  qsparse, // 31
  topKDithering, // 32
  rankR, // 38
  powerSgd, // 39
  atomo, // 40
  smooth, // 41
  entropy, // 42
  rawStochasticSign, // 43
];

export const compressors: Registry = Object.fromEntries(all.map((factory) => [factory.name, factory]));
export const compressorsByWireId: ReadonlyMap<number, CompressorFactory> = new Map(
  all.map((factory) => [factory.wireId, factory]),
);
