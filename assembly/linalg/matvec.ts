// Dense matrix-vector products. 64 bytes are one step of `dot` in either type: 16 f32 lanes or 8 f64 lanes in four
// vectors, so one body serves both; f32 folds its lanes every 256 elements.

const BLOCK_BYTES: usize = 1024; // 256 f32
const CHUNK_BYTES: usize = 4096; // f64 rows are cut for the caches only

/** The last, partial vector of a row: `left` < 16 bytes, padded with zeros. */
function part<T extends number>(at: usize, left: usize): v128 {
  if (sizeof<T>() == 8) return v128.load64_zero(at);
  if (left == 4) return v128.load32_zero(at);
  const low = v128.load64_zero(at);
  return left == 8 ? low : v128.load_lane<f32>(at, low, 2, 8);
}

function fold<T extends number>(l0: v128, l1: v128, l2: v128, l3: v128): f64 {
  const q = v128.add<T>(v128.add<T>(l0, l1), v128.add<T>(l2, l3));
  if (sizeof<T>() == 8) return f64x2.extract_lane(q, 0) + f64x2.extract_lane(q, 1);
  return (
    <f64>f32x4.extract_lane(q, 0) +
    <f64>f32x4.extract_lane(q, 1) +
    (<f64>f32x4.extract_lane(q, 2) + <f64>f32x4.extract_lane(q, 3))
  );
}

/** Dot product of `bytes` bytes of elements in the lane order of the contract. */
export function rowDot<T extends number>(bytes: usize, a: usize, x: usize): f64 {
  let total: f64 = 0;
  let at: usize = 0;
  while (at < bytes) {
    const end = sizeof<T>() == 8 ? bytes : min<usize>(bytes, at + BLOCK_BYTES);
    let l0 = f64x2.splat(0);
    let l1 = l0;
    let l2 = l0;
    let l3 = l0;
    for (; at + 64 <= end; at += 64) {
      l0 = v128.add<T>(l0, v128.mul<T>(v128.load(a + at), v128.load(x + at)));
      l1 = v128.add<T>(l1, v128.mul<T>(v128.load(a + at, 16), v128.load(x + at, 16)));
      l2 = v128.add<T>(l2, v128.mul<T>(v128.load(a + at, 32), v128.load(x + at, 32)));
      l3 = v128.add<T>(l3, v128.mul<T>(v128.load(a + at, 48), v128.load(x + at, 48)));
    }
    if (at < end) {
      const left = end - at;
      if (left >= 16) l0 = v128.add<T>(l0, v128.mul<T>(v128.load(a + at), v128.load(x + at)));
      if (left >= 32) l1 = v128.add<T>(l1, v128.mul<T>(v128.load(a + at, 16), v128.load(x + at, 16)));
      if (left >= 48) l2 = v128.add<T>(l2, v128.mul<T>(v128.load(a + at, 32), v128.load(x + at, 32)));
      const rest = left & 15;
      if (rest) {
        const whole = left - rest;
        const p = v128.mul<T>(part<T>(a + at + whole, rest), part<T>(x + at + whole, rest));
        if (whole == 0) l0 = v128.add<T>(l0, p);
        else if (whole == 16) l1 = v128.add<T>(l1, p);
        else if (whole == 32) l2 = v128.add<T>(l2, p);
        else l3 = v128.add<T>(l3, p);
      }
      at = end;
    }
    total += fold<T>(l0, l1, l2, l3);
  }
  return total;
}

/**
 * Two rows at once, so that one load of x serves both. Half of the lanes at a time, in chunks that stay in L1: with all
 * eight accumulators in one loop V8 runs out of vector registers (11 against 17 GFlop/s for 2000 x 196 f64).
 */
function rowPair<T extends number>(bytes: usize, a: usize, x: usize, out: usize): void {
  const b = a + bytes;
  const chunk = sizeof<T>() == 8 ? CHUNK_BYTES : BLOCK_BYTES;
  const zero = f64x2.splat(0);
  let total: f64 = 0;
  let totalB: f64 = 0;
  let l0 = zero;
  let l1 = zero;
  let l2 = zero;
  let l3 = zero;
  let m0 = zero;
  let m1 = zero;
  let m2 = zero;
  let m3 = zero;
  for (let from: usize = 0; from < bytes; from += chunk) {
    const end = min(bytes, from + chunk);
    const whole = end & ~63;
    for (let at = from; at < whole; at += 64) {
      const x0 = v128.load(x + at);
      const x1 = v128.load(x + at, 16);
      l0 = v128.add<T>(l0, v128.mul<T>(x0, v128.load(a + at)));
      m0 = v128.add<T>(m0, v128.mul<T>(x0, v128.load(b + at)));
      l1 = v128.add<T>(l1, v128.mul<T>(x1, v128.load(a + at, 16)));
      m1 = v128.add<T>(m1, v128.mul<T>(x1, v128.load(b + at, 16)));
    }
    for (let at = from; at < whole; at += 64) {
      const x2 = v128.load(x + at, 32);
      const x3 = v128.load(x + at, 48);
      l2 = v128.add<T>(l2, v128.mul<T>(x2, v128.load(a + at, 32)));
      m2 = v128.add<T>(m2, v128.mul<T>(x2, v128.load(b + at, 32)));
      l3 = v128.add<T>(l3, v128.mul<T>(x3, v128.load(a + at, 48)));
      m3 = v128.add<T>(m3, v128.mul<T>(x3, v128.load(b + at, 48)));
    }
    if (whole < end) {
      const full = (end - whole) & 48;
      const xt = x + whole;
      const at = a + whole;
      const bt = b + whole;
      if (full >= 16) {
        l0 = v128.add<T>(l0, v128.mul<T>(v128.load(xt), v128.load(at)));
        m0 = v128.add<T>(m0, v128.mul<T>(v128.load(xt), v128.load(bt)));
      }
      if (full >= 32) {
        l1 = v128.add<T>(l1, v128.mul<T>(v128.load(xt, 16), v128.load(at, 16)));
        m1 = v128.add<T>(m1, v128.mul<T>(v128.load(xt, 16), v128.load(bt, 16)));
      }
      if (full >= 48) {
        l2 = v128.add<T>(l2, v128.mul<T>(v128.load(xt, 32), v128.load(at, 32)));
        m2 = v128.add<T>(m2, v128.mul<T>(v128.load(xt, 32), v128.load(bt, 32)));
      }
      const rest = end & 15;
      if (rest) {
        const xs = part<T>(xt + full, rest);
        const p = v128.mul<T>(xs, part<T>(at + full, rest));
        const q = v128.mul<T>(xs, part<T>(bt + full, rest));
        if (full == 0) {
          l0 = v128.add<T>(l0, p);
          m0 = v128.add<T>(m0, q);
        } else if (full == 16) {
          l1 = v128.add<T>(l1, p);
          m1 = v128.add<T>(m1, q);
        } else if (full == 32) {
          l2 = v128.add<T>(l2, p);
          m2 = v128.add<T>(m2, q);
        } else {
          l3 = v128.add<T>(l3, p);
          m3 = v128.add<T>(m3, q);
        }
      }
    }
    if (sizeof<T>() == 4) {
      total += fold<T>(l0, l1, l2, l3);
      totalB += fold<T>(m0, m1, m2, m3);
      l0 = l1 = l2 = l3 = m0 = m1 = m2 = m3 = zero;
    }
  }
  if (sizeof<T>() == 8) {
    total = fold<T>(l0, l1, l2, l3);
    totalB = fold<T>(m0, m1, m2, m3);
  }
  store<T>(out, <T>total);
  store<T>(out + sizeof<T>(), <T>totalB);
}

export function gemv<T extends number>(rows: usize, cols: usize, a: usize, x: usize, out: usize): void {
  const bytes = cols * sizeof<T>();
  let left = rows;
  for (; left >= 2; left -= 2) {
    rowPair<T>(bytes, a, x, out);
    a += bytes * 2;
    out += sizeof<T>() * 2;
  }
  if (left) store<T>(out, <T>rowDot<T>(bytes, a, x));
}

/** out += r_0 A_0, then r_1 A_1, r_2 A_2, r_3 A_3: one load and store of out for four rows. */
function addFourRows<T extends number>(bytes: usize, a: usize, r: usize, out: usize): void {
  const b = a + bytes;
  const c = b + bytes;
  const d = c + bytes;
  const ra = v128.load_splat<T>(r);
  const rb = v128.load_splat<T>(r + sizeof<T>());
  const rc = v128.load_splat<T>(r + sizeof<T>() * 2);
  const rd = v128.load_splat<T>(r + sizeof<T>() * 3);
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    let v = v128.add<T>(v128.load(out + at), v128.mul<T>(ra, v128.load(a + at)));
    let w = v128.add<T>(v128.load(out + at, 16), v128.mul<T>(ra, v128.load(a + at, 16)));
    v = v128.add<T>(v, v128.mul<T>(rb, v128.load(b + at)));
    w = v128.add<T>(w, v128.mul<T>(rb, v128.load(b + at, 16)));
    v = v128.add<T>(v, v128.mul<T>(rc, v128.load(c + at)));
    w = v128.add<T>(w, v128.mul<T>(rc, v128.load(c + at, 16)));
    v128.store(out + at, v128.add<T>(v, v128.mul<T>(rd, v128.load(d + at))));
    v128.store(out + at, v128.add<T>(w, v128.mul<T>(rd, v128.load(d + at, 16))), 16);
  }
  for (; at < bytes; at += sizeof<T>()) {
    let v = load<T>(out + at);
    v = <T>(v + <T>(load<T>(r) * load<T>(a + at)));
    v = <T>(v + <T>(load<T>(r + sizeof<T>()) * load<T>(b + at)));
    v = <T>(v + <T>(load<T>(r + sizeof<T>() * 2) * load<T>(c + at)));
    store<T>(out + at, <T>(v + <T>(load<T>(r + sizeof<T>() * 3) * load<T>(d + at))));
  }
}

function addRow<T extends number>(bytes: usize, a: usize, r: T, out: usize): void {
  const scale = v128.splat<T>(r);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(out + at, v128.add<T>(v128.load(out + at), v128.mul<T>(scale, v128.load(a + at))));
  }
  for (; at < bytes; at += sizeof<T>()) store<T>(out + at, <T>(load<T>(out + at) + <T>(r * load<T>(a + at))));
}

export function gemvT<T extends number>(rows: usize, cols: usize, a: usize, r: usize, out: usize): void {
  const bytes = cols * sizeof<T>();
  memory.fill(out, 0, bytes);
  let left = rows;
  for (; left >= 4; left -= 4) {
    addFourRows<T>(bytes, a, r, out);
    a += bytes * 4;
    r += sizeof<T>() * 4;
  }
  for (; left; --left) {
    addRow<T>(bytes, a, load<T>(r), out);
    a += bytes;
    r += sizeof<T>();
  }
}
