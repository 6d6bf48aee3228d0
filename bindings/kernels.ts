/**
 * The kernels, export by export. Two backends implement this interface and agree bit for bit: the WebAssembly
 * modules (`assembly/`) and the plain-JS one (`bindings/reference/`).
 *
 * Conventions. Every pointer is a byte offset into `memory.buffer`. Pointers named `x`, `y`, `acc`, `out` of a vector
 * kernel are element-aligned; pointers to packed bytes (`packed`, `values`) may have any alignment. `n` counts
 * elements. Nothing beyond the stated lengths is read or written, nothing is allocated, arguments are not checked here:
 * `ops.ts` and the compressors check before they call. Inputs may not alias outputs except where stated.
 *
 * Order of reductions. Lanes and totals start at +0. A vector is cut into chunks of 2^16 elements, whose totals (f64) are
 * added one after the other. f32: blocks of 256 elements; inside a block element i adds (f32) to lane l_(i mod 16); the
 * lanes fold (f32) to q_j = (l_j + l_(j+4)) + (l_(j+8) + l_(j+12)), j < 4, and (f64(q_0) + f64(q_1)) + (f64(q_2) + f64(q_3))
 * adds to the chunk's total, block after block. f64: element i adds to lane l_(i mod 8) over the whole chunk;
 * q_j = (l_j + l_(j+2)) + (l_(j+4) + l_(j+6)), j < 2; total = q_0 + q_1. A short block behaves as if padded with zeros.
 * Products are rounded before they are added. The rows of linalg are one chunk however long.
 *
 * Bits are packed least significant first inside bytes; multi-byte numbers are little-endian.
 */

/** Kernels that exist for both element types: exported as `name_f32` and `name_f64`. E is the element size in bytes. */
export interface TypedKernels {
  // --- vec: dense vectors
  /** x_i = a. */
  fill(n: number, a: number, x: number): void;
  /** x_i = a x_i. `a` is rounded to the element type first, here and below. */
  scale(n: number, a: number, x: number): void;
  /** y_i += a x_i (product rounded, then the sum). */
  axpy(n: number, a: number, x: number, y: number): void;
  /** out_i = x_i - y_i; out may be x or y. */
  sub(n: number, x: number, y: number, out: number): void;
  /** out_i = a x_i + b y_i (both products rounded, then the sum); out may be x or y. */
  combine(n: number, a: number, x: number, b: number, y: number, out: number): void;
  /** sum of x_i. */
  sum(n: number, x: number): number;
  /** sum of x_i y_i. */
  dot(n: number, x: number, y: number): number;
  /** sum of |x_i|. */
  norm1(n: number, x: number): number;
  /** sum of x_i^2, unscaled: may overflow or underflow. */
  squares(n: number, x: number): number;
  /** Euclidean norm: sqrt of s = `squares` while s is in [2^-90, Infinity) (f32) or [2^-960, Infinity) (f64), else summed again: f32 from exact squares in f64 (f64's lanes), f64 from entries times 2^600 (small) or 2^-600. NaN or Inf iff the input has a non-finite entry (or, f64 only, the norm itself overflows). */
  norm2(n: number, x: number): number;
  /** max |x_i|; Infinity if an entry is infinite or NaN. */
  normMax(n: number, x: number): number;
  /** sum of (x_i - y_i)^2 (difference rounded to the type). */
  distance2(n: number, x: number, y: number): number;
  /** Index of the first entry that is NaN or infinite, or -1. */
  firstNonFinite(n: number, x: number): number;
  /** acc_i += a v_i with v a vector of elements at any byte alignment. */
  axpyPacked(n: number, a: number, values: number, acc: number): void;

  // --- select and scatter
  /** Writes the indices (u32, ascending) of the k largest |x_i|, ties to the lower index; 1 <= k <= n. Returns k, or -1 - i if x_i is the first non-finite entry. scratch: `topKScratch(n, k)` bytes, 16-aligned. */
  topK(n: number, k: number, x: number, indices: number, scratch: number): number;
  /** values_j = a x[indices_j] for j < k; values at any alignment. a = 1 copies bits. */
  gather(k: number, a: number, x: number, indices: number, values: number): void;
  /** acc[indices_j] += a values_j; indices are already validated (< length of acc), values at any alignment. */
  scatterAdd(k: number, a: number, values: number, indices: number, acc: number): void;

  // --- quantize: real messages. Encoders draw one v128 of random bits per v128 of data: element i of f32 uses lane i mod 4, of f64 lane i mod 2. Block b of 2^16 elements draws, in order, from a stream of its own: block 0 from the state as it is, block b >= 1 from the state before the call with its words hashed with b (`rngFork`, docs/wire-format.md); afterwards the state is what block 0 left. With first block f > 0 (RNG_FIRST), block b uses the stream of block f + b and the state stays
  /** Sign plane: bit i is 1 iff x_i < 0 (so -0 gives 0); ceil(n/8) bytes, unused bits zero. Returns the 1-norm (order as `norm1`; non-finite iff an entry is). */
  signEncode(n: number, x: number, packed: number): number;
  /** acc_i += bit_i ? -a : a. */
  signAdd(n: number, a: number, packed: number, acc: number): void;
  /** Sign plane of the stochastic sign: bit i is 0 (plus) iff u_i < 1/2 + x_i / (2 norm), clamped to [0,1]; u in [0,1) with 24 (f32) or 52 (f64) random bits: the top bits of the lane. norm > 0, not rounded to the type: with P = 2^-floor(lg norm) (exponent clamped to +-126, f64 +-1022) and q = 0.5 / (norm P) rounded, x_i / (2 norm) is (x_i P) q; f32 compares u < 1/2 + that, f64 1 + u < 3/2 + that. */
  stochasticSignEncode(n: number, x: number, norm: number, rng: number, packed: number): void;
  /** Random dithering to signed levels. y_i = |x_i| * c (rounded), level = min(s, floor(y_i) + [u_i < y_i - floor(y_i)]), u as above; but f32 with s <= 7, 2^E the power of two above s: level = floor(Y_i + r_i), Y_i = y_i (at most s) to the nearest multiple of 2^(E-23), ties to even, and r_i the top 23 - E bits of the lane as a fraction. code_i = (level << 1) | (x_i < 0 and level > 0). Writes code_i as u16 (s <= 32767). c is clamped to the largest finite number of the type, so that 0 c = 0. Returns the number of non-zero levels. */
  ditherCodes(n: number, c: number, s: number, x: number, rng: number, codes: number): number;
  /** acc_i += sign_i level_i a from u16 codes as made by `ditherCodes`. */
  codesAdd(n: number, a: number, codes: number, acc: number): void;
  /** acc[indices_j] += sign_j level_j a from u16 codes. */
  codesScatterAdd(k: number, a: number, codes: number, indices: number, acc: number): void;
  /** Natural compression. f32: plane 1 is ceil(n/8) bytes of sign bits, plane 2 is n exponent bytes. f64: plane 1 is n bytes, the exponent's low 8 bits; plane 2 is ceil(n/2) bytes of nibbles (element 2j in the low half): bit 3 sign, bits 0..2 the exponent's high bits. With E the exponent field, m the mantissa and r as many random bits as the mantissa has (the top bits of the lane): if r < m then E+1, except that E stays at the largest finite exponent. A zero result (E = 0) has sign bit 0. Returns -1, or the index of the first non-finite entry. */
  naturalEncode(n: number, x: number, rng: number, packed: number): number;
  /** acc_i += a v_i, v from the planes (E = 0 is zero; E all ones is refused by `naturalValid`). */
  naturalAdd(n: number, a: number, packed: number, acc: number): void;
  /** 1 if no entry has an all-ones exponent field, no zero has a sign, and the unused bits are zero, else 0. */
  naturalValid(n: number, packed: number): number;
  /** Natural dithering: y_i = |x_i| * c (c = 1/norm, clamped to a finite number; y clamped to 1) between adjacent levels lo < hi of {0, 2^(1-s), ..., 1/2, 1}: hi if u < (y - lo)/(hi - lo) (exact; u as above), else lo. code_i = (level << 1) | sign bit, level 0 is zero and has sign bit 0 and level j > 0 means 2^(j-s); u16. Returns the number of non-zero levels. */
  naturalDitherCodes(n: number, c: number, s: number, x: number, rng: number, codes: number): number;
  /** acc_i += sign_i a 2^(level_i - s), level 0 adds nothing; a 2^(level - s) is rounded once to the type. */
  naturalCodesAdd(n: number, a: number, s: number, codes: number, acc: number): void;

  // --- grids: rounding to tables of f64 numbers. Tables are padded with Infinity and compared in f64; u as in the section above
  /** Unbiased rounding to 0 = T_0 < T_1 < ...: `table` has 2^depth entries of which at least the last is Infinity. y_i = |x_i| c (rounded to the type, at most its largest number); level = the largest j with T_j <= y_i, one more if u_i (T_(j+1) - T_j) < y_i - T_j. code_i = (level << 1) | (x_i < 0 and level > 0), u16. Returns the number of non-zero levels. */
  gridCodes(n: number, c: number, depth: number, table: number, x: number, rng: number, codes: number): number;
  /** The same to the nearest: level = how many of the 2^depth - 1 ascending `bounds` are below y_i. */
  gridNearest(n: number, c: number, depth: number, bounds: number, x: number, codes: number): number;
  /** acc_i += sign_i (a T_(level_i)), the product rounded once, from f64 to the type. */
  gridAdd(n: number, a: number, table: number, codes: number, acc: number): void;
  /** acc[indices_j] += sign_j (a T_(level_j)). */
  gridScatterAdd(k: number, a: number, table: number, codes: number, indices: number, acc: number): void;
  /** byte_i = how many of the 255 ascending `bounds` are below x_i c (rounded to the type; c clamped as in `ditherCodes`). */
  bookNearest(n: number, c: number, bounds: number, x: number, packed: number): void;
  /** byte_i = unbiased rounding of x_i c to the ascending T_0..T_255, T_256 = Infinity: the largest j with j = 0 or T_j <= y, one more if u_i (T_(j+1) - T_j) < y - T_j. */
  bookDither(n: number, c: number, table: number, x: number, rng: number, packed: number): void;
  /** acc_i += a T_(byte_i), the product rounded once. */
  bookAdd(n: number, a: number, table: number, packed: number, acc: number): void;

  // --- casts and integers; x is finite
  /** u16 codes, packed at any alignment, of fp16 (half = 1) or bf16 (half = 0): to the nearest, ties to even; magnitudes above the largest finite number go to it, zeros have no sign. */
  castNearest(n: number, half: number, x: number, packed: number): void;
  /** The same, but units of the last place are rounded up with the probability of their fraction. */
  castDither(n: number, half: number, x: number, rng: number, packed: number): void;
  /** acc_i += a v_i. */
  castAdd(n: number, half: number, a: number, packed: number, acc: number): void;
  /** q_i = round(alpha x_i) (product in f64, ties to even) between low and high, as signed integers of `bytes` = 1, 2 or 4 bytes. */
  integerNearest(n: number, alpha: number, low: number, high: number, bytes: number, x: number, packed: number): void;
  /** The same with |alpha x_i| rounded up with the probability of its fraction. */
  integerDither(
    n: number,
    alpha: number,
    low: number,
    high: number,
    bytes: number,
    x: number,
    rng: number,
    packed: number,
  ): void;
  /** acc_i += a q_i, the product rounded once, from f64 to the type. */
  integerAdd(n: number, a: number, bytes: number, packed: number, acc: number): void;

  // --- frames
  /** x <- H x, H the Walsh-Hadamard matrix of signs (not normalised), n a power of two: for strides 1, 2, 4, ...: (x_i, x_(i+stride)) <- (x_i + x_(i+stride), x_i - x_(i+stride)). x 16-aligned. */
  hadamard(n: number, x: number): void;
  /** Turns the sign of x_i where bit i is set. */
  flip(n: number, bits: number, x: number): void;
  /** x_i <- x_i clamped to +-most (rounded to the type); acc_i += x_i. */
  clipAdd(n: number, most: number, x: number, acc: number): void;

  // --- linalg (separate module): oracles. Products are rounded to the type before they are added or subtracted
  /** out = A x, A dense row-major rows x cols; each row's dot product in the order of `dot`, rounded to the type. */
  gemv(rows: number, cols: number, a: number, x: number, out: number): void;
  /** out = A^T r: out is zeroed, then row after row out += r_i A_i (axpy). */
  gemvT(rows: number, cols: number, a: number, r: number, out: number): void;
  /** out = A^T diag(w) A, cols x cols row-major, of which the lower triangle is meant: out_jk = sum over i, in index order from 0, of (w_i A_ij) A_ik for k <= j, all in the type. Entries above the diagonal are unspecified afterwards. w = 0 (no pointer) means all ones. */
  gram(rows: number, cols: number, a: number, w: number, out: number): void;
  /** out = A x, A in CSR: rowStart u32[rows+1], columns u32, values. Row sums in storage order (f32: in f64, rounded once). rowStart[0] may be above 0 in all CSR kernels: a range of rows is passed by moving rowStart. */
  csrMatvec(rows: number, rowStart: number, columns: number, values: number, x: number, out: number): void;
  /** out = A^T r, row after row; out has `cols` entries and is zeroed first. */
  csrMatvecT(
    rows: number,
    cols: number,
    rowStart: number,
    columns: number,
    values: number,
    r: number,
    out: number,
  ): void;
  /** As `gram` for CSR with columns ascending within each row; the same bits as `gram` of the dense matrix if all is finite. Above the diagonal out is zero. */
  csrGram(rows: number, cols: number, rowStart: number, columns: number, values: number, w: number, out: number): void;
  /** A = L L^T in place in the lower triangle of n x n row-major storage; nothing above the diagonal is read or written. Returns 0, or the index from 1 of the first pivot that is not positive and finite (the lower triangle is then unspecified). Order: assembly/linalg/cholesky.ts. */
  cholesky(n: number, a: number): number;
  /** b <- A^-1 b from the factor: y_i = (b_i - dot(L_i, y)) / L_ii in the order of `dot`, then from the last row up x_i = y_i / L_ii, y_j -= x_i L_ij. */
  choleskySolve(n: number, a: number, b: number): void;
  /** Margins to logistic derivative: z_i <- -y_i sigma(-y_i z_i) * a in place (labels y in {-1,+1}). This and the next two work in f64; f32 results are rounded once. */
  logisticSlope(n: number, a: number, labels: number, z: number): void;
  /** Margins to curvature: z_i <- sigma(z_i) sigma(-z_i) * a in place. */
  logisticCurvature(n: number, a: number, z: number): void;
  /** sum of log(1 + exp(-y_i z_i)), in index order in f64; each term within 1e-15 relative while it is at least 2^-1000. */
  logisticLoss(n: number, labels: number, z: number): number;
}

/** Kernels without an element type. */
export interface PlainKernels {
  /** First free byte after the module's static data. */
  memoryBase(): number;
  /** memmove. */
  move(bytes: number, from: number, to: number): void;

  // --- random: state of `RNG_BYTES` bytes, 16-aligned
  /** Keys a stream by (seed, node, round, exchange, part): u32 each (seed two of them; exchange and part below 2^16). */
  rngSeed(
    state: number,
    seedLow: number,
    seedHigh: number,
    node: number,
    round: number,
    exchange: number,
    part: number,
  ): void;
  /** Next 32 random bits (unsigned). Four consecutive calls empty one v128 step, lane 0 first. */
  rngU32(state: number): number;
  /** Uniform integer in [0, bound), exact (multiply-shift with rejection); 1 <= bound <= 2^32 - 1. */
  rngBelow(state: number, bound: number): number;
  /** Uniform double in [0, 1) with 53 bits, from two calls of rngU32 (high word first). */
  rngUniform(state: number): number;
  /** Standard normal double from two uniforms u, v: sqrt(-2 log(1 - u)) cos(2 pi v), own log and cos. */
  rngNormal(state: number): number;
  /** out_i (f64) = the next `rngUniform`, `rngNormal`: numbers that JS gets from memory need no object each. */
  rngUniforms(n: number, state: number, out: number): void;
  rngNormals(n: number, state: number, out: number): void;

  // --- hash
  /** XXH64 of `length` bytes, 8 bytes little-endian to out. */
  xxh64(bytes: number, length: number, seedLow: number, seedHigh: number, out: number): void;

  // --- select
  topKScratch(n: number, k: number): number;
  /** k distinct indices of 0..n-1 (u32, in the order drawn), uniform over k-subsets: Floyd's algorithm, for j = n-k..n-1: t = rngBelow(j+1), take t unless taken, else j. bitmap: ceil(n/8) bytes, all zero before and after. */
  randomSubset(n: number, k: number, rng: number, indices: number, bitmap: number): void;

  // --- bitpack
  /** n unsigned numbers (u32) below 2^width into ceil(n width / 8) bytes, width 0..32. Returns the bytes written. */
  pack32(n: number, width: number, values: number, packed: number): number;
  unpack32(n: number, width: number, packed: number, values: number): void;
  /** The same for u16 values, width 0..16. */
  pack16(n: number, width: number, values: number, packed: number): number;
  unpack16(n: number, width: number, packed: number, values: number): void;
  /** Index set (ascending u32, k of n) in the shortest of: list, Rice gaps, bitmap. Layout in docs/wire-format.md. Returns the bytes written, at most `indicesMaxBytes(n, k)`. */
  indicesEncode(n: number, k: number, indices: number, packed: number): number;
  /** Reads k strictly ascending indices below n from at most `available` bytes. Returns the bytes consumed, or -1 if they are not a valid encoding (nothing outside indices[0..k) is written either way). */
  indicesDecode(n: number, k: number, packed: number, available: number, indices: number): number;
  indicesMaxBytes(n: number, k: number): number;
  /** Bits of `gammaEncode`: each code c as Elias gamma of (c >> 1) + bias, then, if c >> 1 is not 0, a sign bit. */
  gammaBits(n: number, bias: number, codes: number): number;
  /** Writes that stream (codes u16; bias 1 for all entries, 0 when no level is zero); returns bytes. */
  gammaEncode(n: number, bias: number, codes: number, packed: number): number;
  /** Reads n codes with levels <= maxLevel from at most `available` bytes; returns the bytes consumed, or -1. */
  gammaDecode(n: number, bias: number, maxLevel: number, packed: number, available: number, codes: number): number;
  /** Compacts u16 codes: for each of the n codes with a non-zero level its index (u32) and code. Returns their number. Both have room for n: behind the last one is rubbish. */
  codesCompact(n: number, codes: number, indices: number, kept: number): number;
  /** Largest level among n codes (0 when n = 0). */
  codesMaxLevel(n: number, codes: number): number;
  /** Ternary: five codes (level 0 or 1 as in ditherCodes) a byte, base 3, digit = 0 zero, 1 plus, 2 minus, first entry least significant; ceil(n/5) bytes. */
  tritsPack(n: number, codes: number, packed: number): number;
  /** Returns 1, or 0 if a byte exceeds 242 or a digit past n is not 0. */
  tritsUnpack(n: number, packed: number, codes: number): number;

  // --- entropy coding of symbols, u16: assembly/core/rans.ts
  /** counts_s (u32) = how many of the n symbols, all below `alphabet`, are s. `counts` has room for 4 alphabet numbers. */
  symbolCounts(n: number, alphabet: number, symbols: number, counts: number): void;
  /** low_i = the low `width` (0..15) bits of symbol i, high_i = the rest; either may be `symbols`. */
  symbolsSplit(n: number, width: number, symbols: number, low: number, high: number): void;
  /** symbols_i = low_i | high_i << width; `symbols` may be either. */
  symbolsJoin(n: number, width: number, low: number, high: number, symbols: number): void;
  /** The encoder's entry, 16 bytes each, of `count` symbols (at entries + 16 symbol), whose frequencies (u16, in 1..4096) sum to 4096. */
  ransEntries(count: number, symbols: number, frequencies: number, entries: number): void;
  /** Writes `lanes` (1 or 4) states (u32) and then 16-bit words, ending before `end` (2-aligned), and returns where they begin: at most 4 lanes + 2 n bytes before; 2 further bytes before that may be overwritten. Every symbol has an entry. */
  ransEncode(n: number, lanes: number, symbols: number, entries: number, end: number): number;
  /** The decoder's 4096 slots (u32) of `count` (1..256) frequencies that sum to 4096. */
  ransSlots(count: number, frequencies: number, slots: number): void;
  /** Reads what `ransEncode` wrote from at most `available` bytes; symbol number j of the table is values_j (u16). Returns the bytes consumed, or -1 if they end too early or the states do not end where they began (`symbols` then holds rubbish). */
  ransDecode(
    n: number,
    lanes: number,
    slots: number,
    values: number,
    packed: number,
    available: number,
    symbols: number,
  ): number;

  // --- casts and integers
  /** 1 if all codes are finite and none is a negative zero, else 0. */
  castValid(n: number, half: number, packed: number): number;
  /** 1 if all integers are between low and high, else 0. */
  integerValid(n: number, low: number, high: number, bytes: number, packed: number): number;
}

type Suffixed<S extends string> = { [P in keyof TypedKernels as `${P}_${S}`]: TypedKernels[P] };

export type Dtype = "f32" | "f64";

/** One backend instance: its kernels over one memory. */
export interface Kernels extends PlainKernels, Suffixed<"f32">, Suffixed<"f64"> {
  readonly backend: "wasm" | "reference";
  /** `buffer` is replaced when the memory grows. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Makes the memory at least `bytes` long; existing content stays at its offsets. Never called in a steady round. */
  grow(bytes: number): void;
}

/** Bytes of a generator's state, with room for the states of two blocks. */
export const RNG_BYTES = 288;
/** u32 in it: the number of a vector's first block, for kernels that encode a part of a longer vector; rngSeed sets 0. */
export const RNG_FIRST = 84;
/** Elements to a block, for streams and for reductions. */
export const BLOCK_ELEMENTS = 65536;

/** The kernels of one element type under their plain names. */
export function typed(kernels: Kernels, dtype: Dtype): TypedKernels {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(kernels)) {
    if (name.endsWith(`_${dtype}`)) out[name.slice(0, -4)] = value;
  }
  return out as unknown as TypedKernels;
}
