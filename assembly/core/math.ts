// Elementary functions in plain f64 operations (each IEEE-exact), so that every engine and both backends agree bit
// for bit: Math.log and Math.cos differ between engines. Twin: bindings/reference/math.ts.

/**
 * Natural logarithm of a positive normal double, less than 1 ulp off (0.91 at the worst of 200000 points). With
 * x = 2^k m, m in [0.7, 1.4), f = m - 1 and s = f / (2 + f): log m = 2 atanh s = 2s + s R, where 2s = f - s f and
 * R = sum of 2 s^(2j) / (2j + 1) from j = 1. |s| < 0.177, so the series may stop at j = 10 (remainder below 3e-18).
 * The high part of log 2 has 32 bits: k times it is exact.
 */
export function log(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let k = <f64>(<i32>(bits >> 52) - 1023);
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m >= 1.4) {
    m *= 0.5;
    k += 1;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  let p: f64 = 0.09523809523809523;
  p = 0.10526315789473684 + z * p;
  p = 0.11764705882352941 + z * p;
  p = 0.13333333333333333 + z * p;
  p = 0.15384615384615385 + z * p;
  p = 0.18181818181818182 + z * p;
  p = 0.2222222222222222 + z * p;
  p = 0.2857142857142857 + z * p;
  p = 0.4 + z * p;
  p = 0.6666666666666666 + z * p;
  const tail = s * (f - z * p) - k * 1.9082149292705877e-10;
  return k * 0.6931471803691238 - (tail - f);
}

/**
 * cos(2 pi u) for u in [0, 1), less than 2 ulp off (1.6 at the worst of 200000 points), exact at multiples of 1/4.
 * 4u = q + r with q an integer and |r| <= 1/2, both exact; then the Taylor series of cos or sin of (pi/2) r, powers of
 * pi/2 in the coefficients, up to r^16 and r^17 (remainder below 1e-17).
 */
export function cosTurns(u: f64): f64 {
  const t = 4 * u;
  const q = floor(t + 0.5);
  const r = t - q;
  const z = r * r;
  if (<i32>q & 1) {
    let p: f64 = 6.0669357311061955e-12;
    p = -6.688035109811468e-10 + z * p;
    p = 5.692172921967927e-8 + z * p;
    p = -3.598843235212085e-6 + z * p;
    p = 0.00016044118478735983 + z * p;
    p = -0.004681754135318688 + z * p;
    p = 0.07969262624616705 + z * p;
    p = -0.6459640975062463 + z * p;
    const sine = r * 1.5707963267948966 + r * (6.123233995736766e-17 + z * p);
    return q == 1 ? -sine : sine;
  }
  let p: f64 = 6.565963114979473e-11;
  p = -6.386603083791852e-9 + z * p;
  p = 4.710874778818172e-7 + z * p;
  p = -2.5202042373060607e-5 + z * p;
  p = 0.0009192602748394266 + z * p;
  p = -0.02086348076335296 + z * p;
  p = 0.25366950790104803 + z * p;
  p = -1.2337005501361697 + z * p;
  const cosine = 1 + z * p;
  return q == 2 ? -cosine : cosine;
}
