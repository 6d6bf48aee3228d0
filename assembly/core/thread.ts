// What the threads of a pool run besides the one that owns the memory. No static data: an instance that starts while
// others work must not write to the memory they share.

export { pack16, unpack16 } from "./bitpack";
export { castDither_f32, castDither_f64 } from "./cast";
export { codesMaxLevel } from "./codes";
export { codesAdd_f32, codesAdd_f64, ditherCodes_f32, ditherCodes_f64 } from "./dither";
export { bookDither_f32, bookDither_f64, gridCodes_f32, gridCodes_f64 } from "./grid";
export { integerDither_f32, integerDither_f64 } from "./integer";
export { naturalPlanes_f32, naturalPlanes_f64 } from "./natural";
export {
  naturalCodesAdd_f32,
  naturalCodesAdd_f64,
  naturalDitherCodes_f32,
  naturalDitherCodes_f64,
} from "./natural-dither";
export { topKCollect_f32, topKCollect_f64 } from "./select";
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
  distance2_f32,
  distance2_f64,
  dot_f32,
  dot_f64,
  norm1_f32,
  norm1_f64,
  normMax_f32,
  normMax_f64,
  squares_f32,
  squares_f64,
  sum_f32,
  sum_f64,
} from "./vec";
