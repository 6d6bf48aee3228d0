/**
 * Decimal numbers from bytes, correctly rounded: `[+-] digits [. digits] [e [+-] digits]`, at least one digit before the exponent.
 * Up to 15 significant digits and powers of ten up to 22 need one exact division or multiplication (W. D. Clinger, "How to
 * read floating point numbers accurately", PLDI 1990, section 2); the rest goes through the host's `Number`.
 */

const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const isDigit = (c: number): boolean => c >= 48 && c <= 57;

/** The number in [from, to), or NaN if the bytes are not one; overflow gives an infinity. */
export function parseDecimal(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const negative = bytes[at] === 45;
  if (at < to && (negative || bytes[at] === 43)) ++at;
  let mantissa = 0;
  let significant = 0;
  let digits = 0;
  let fraction = 0;
  let point = false;
  for (; at < to; ++at) {
    const c = bytes[at]!;
    if (isDigit(c)) {
      ++digits;
      if (point) ++fraction;
      if (significant > 0 || c !== 48) ++significant;
      if (significant <= 15) mantissa = 10 * mantissa + (c - 48);
    } else if (c === 46 && !point) point = true;
    else break;
  }
  if (digits === 0) return Number.NaN;
  let exponent = 0;
  if (at < to) {
    if ((bytes[at]! | 32) !== 101) return Number.NaN;
    const exponentNegative = bytes[++at] === 45;
    if (at < to && (exponentNegative || bytes[at] === 43)) ++at;
    if (at === to) return Number.NaN;
    for (; at < to; ++at) {
      if (!isDigit(bytes[at]!)) return Number.NaN;
      if (exponent < 1e6) exponent = 10 * exponent + (bytes[at]! - 48);
    }
    if (exponentNegative) exponent = -exponent;
  }
  exponent -= fraction;
  if (significant > 15 || exponent < -22 || exponent > 22)
    return Number(new TextDecoder().decode(bytes.subarray(from, to)));
  const size = exponent < 0 ? mantissa / POWERS[-exponent]! : mantissa * POWERS[exponent]!;
  return negative ? -size : size;
}
