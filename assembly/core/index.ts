// The embedder's module, export by export. bindings/kernels.ts documents each.

export { pack16, pack32, unpack16, unpack32 } from "./bitpack";
export {
  castAdd_f32,
  castAdd_f64,
  castDither_f32,
  castDither_f64,
  castNearest_f32,
  castNearest_f64,
  castValid,
} from "./cast";
export { codesCompact, codesMaxLevel, tritsPack, tritsUnpack } from "./codes";
export {
  codesAdd_f32,
  codesAdd_f64,
  codesScatterAdd_f32,
  codesScatterAdd_f64,
  ditherCodes_f32,
  ditherCodes_f64,
} from "./dither";
export { gammaBits, gammaDecode, gammaEncode } from "./gamma";
export {
  bookAdd_f32,
  bookAdd_f64,
  bookDither_f32,
  bookDither_f64,
  bookNearest_f32,
  bookNearest_f64,
  gridAdd_f32,
  gridAdd_f64,
  gridCodes_f32,
  gridCodes_f64,
  gridNearest_f32,
  gridNearest_f64,
  gridScatterAdd_f32,
  gridScatterAdd_f64,
} from "./grid";
export {
  clipAdd_f32,
  clipAdd_f64,
  flip_f32,
  flip_f64,
  hadamard_f32,
  hadamard_f64,
} from "./hadamard";
export { xxh64 } from "./hash";
export { indicesDecode, indicesEncode, indicesMaxBytes } from "./indices";
export {
  integerAdd_f32,
  integerAdd_f64,
  integerDither_f32,
  integerDither_f64,
  integerNearest_f32,
  integerNearest_f64,
  integerValid,
} from "./integer";
export {
  naturalAdd_f32,
  naturalAdd_f64,
  naturalEncode_f32,
  naturalEncode_f64,
  naturalValid_f32,
  naturalValid_f64,
} from "./natural";
export {
  naturalCodesAdd_f32,
  naturalCodesAdd_f64,
  naturalDitherCodes_f32,
  naturalDitherCodes_f64,
} from "./natural-dither";
export { rngBelow, rngNormal, rngNormals, rngSeed, rngU32, rngUniform, rngUniforms } from "./random";
export {
  ransDecode,
  ransEncode,
  ransEntries,
  ransSlots,
  symbolCounts,
  symbolsJoin,
  symbolsSplit,
} from "./rans";
export { gather_f32, gather_f64, scatterAdd_f32, scatterAdd_f64 } from "./scatter";
export { randomSubset, topK_f32, topK_f64, topKScratch } from "./select";
export {
  signAdd_f32,
  signAdd_f64,
  signEncode_f32,
  signEncode_f64,
  stochasticSignEncode_f32,
  stochasticSignEncode_f64,
} from "./sign";
export {
  axpy_f32,
  axpy_f64,
  axpyPacked_f32,
  axpyPacked_f64,
  combine_f32,
  combine_f64,
  distance2_f32,
  distance2_f64,
  dot_f32,
  dot_f64,
  fill_f32,
  fill_f64,
  firstNonFinite_f32,
  firstNonFinite_f64,
  norm1_f32,
  norm1_f64,
  norm2_f32,
  norm2_f64,
  normMax_f32,
  normMax_f64,
  scale_f32,
  scale_f64,
  squares_f32,
  squares_f64,
  sub_f32,
  sub_f64,
  sum_f32,
  sum_f64,
} from "./vec";

export function memoryBase(): usize {
  return __heap_base;
}
export function move(bytes: usize, from: usize, to: usize): void {
  memory.copy(to, from, bytes);
}
