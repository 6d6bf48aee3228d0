// A^T diag(w) A without reductions: every entry adds (w_i A_ij) A_ik row after row, so tiles of the result stay in
// registers over a panel of rows and vectors run over k.

/** Rows of A per pass over the result: 32 x 1000 f64 fit an L2. 16 to 128 rows are within 5% of each other here. */
const PANEL: usize = 32;

/** Rows j, j2 and four vectors of columns from k of the result; stride, j, j2, k in bytes of a row of A. */
function wide<T extends number>(
  count: usize,
  fresh: bool,
  stride: usize,
  a: usize,
  w: usize,
  j: usize,
  j2: usize,
  k: usize,
  row: usize,
  row2: usize,
): void {
  let c0 = f64x2.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  let d0 = c0;
  let d1 = c0;
  let d2 = c0;
  let d3 = c0;
  if (!fresh) {
    c0 = v128.load(row);
    c1 = v128.load(row, 16);
    c2 = v128.load(row, 32);
    c3 = v128.load(row, 48);
    d0 = v128.load(row2);
    d1 = v128.load(row2, 16);
    d2 = v128.load(row2, 32);
    d3 = v128.load(row2, 48);
  }
  for (; count; --count) {
    let s = v128.load_splat<T>(a + j);
    let t = v128.load_splat<T>(a + j2);
    if (w) {
      const weight = v128.load_splat<T>(w);
      s = v128.mul<T>(weight, s);
      t = v128.mul<T>(weight, t);
      w += sizeof<T>();
    }
    const x0 = v128.load(a + k);
    const x1 = v128.load(a + k, 16);
    c0 = v128.add<T>(c0, v128.mul<T>(s, x0));
    d0 = v128.add<T>(d0, v128.mul<T>(t, x0));
    c1 = v128.add<T>(c1, v128.mul<T>(s, x1));
    d1 = v128.add<T>(d1, v128.mul<T>(t, x1));
    const x2 = v128.load(a + k, 32);
    const x3 = v128.load(a + k, 48);
    c2 = v128.add<T>(c2, v128.mul<T>(s, x2));
    d2 = v128.add<T>(d2, v128.mul<T>(t, x2));
    c3 = v128.add<T>(c3, v128.mul<T>(s, x3));
    d3 = v128.add<T>(d3, v128.mul<T>(t, x3));
    a += stride;
  }
  v128.store(row, c0);
  v128.store(row, c1, 16);
  v128.store(row, c2, 32);
  v128.store(row, c3, 48);
  v128.store(row2, d0);
  v128.store(row2, d1, 16);
  v128.store(row2, d2, 32);
  v128.store(row2, d3, 48);
}

/** The same for one vector. */
function narrow<T extends number>(
  count: usize,
  fresh: bool,
  stride: usize,
  a: usize,
  w: usize,
  j: usize,
  j2: usize,
  k: usize,
  row: usize,
  row2: usize,
): void {
  let c = fresh ? f64x2.splat(0) : v128.load(row);
  let d = fresh ? f64x2.splat(0) : v128.load(row2);
  for (; count; --count) {
    let s = v128.load_splat<T>(a + j);
    let t = v128.load_splat<T>(a + j2);
    if (w) {
      const weight = v128.load_splat<T>(w);
      s = v128.mul<T>(weight, s);
      t = v128.mul<T>(weight, t);
      w += sizeof<T>();
    }
    const x = v128.load(a + k);
    c = v128.add<T>(c, v128.mul<T>(s, x));
    d = v128.add<T>(d, v128.mul<T>(t, x));
    a += stride;
  }
  v128.store(row, c);
  v128.store(row2, d);
}

/** One entry. */
function single<T extends number>(
  count: usize,
  fresh: bool,
  stride: usize,
  a: usize,
  w: usize,
  j: usize,
  k: usize,
  at: usize,
): void {
  let c = fresh ? <T>0 : load<T>(at);
  for (; count; --count) {
    let s = load<T>(a + j);
    if (w) {
      s = <T>(load<T>(w) * s);
      w += sizeof<T>();
    }
    c = <T>(c + <T>(s * load<T>(a + k)));
    a += stride;
  }
  store<T>(at, c);
}

export function gram<T extends number>(rows: usize, cols: usize, a: usize, w: usize, out: usize): void {
  const stride = cols * sizeof<T>();
  let first: usize = 0;
  do {
    const count = min(PANEL, rows - first);
    const fresh = first == 0;
    for (let j: usize = 0; j < stride; j += sizeof<T>() * 2) {
      // an odd last row is paired with itself: both halves then write the same values
      const j2 = min(j + sizeof<T>(), stride - sizeof<T>());
      const row = out + j * cols;
      const row2 = out + j2 * cols;
      let k: usize = 0;
      for (; k <= j2 && k + 64 <= stride; k += 64) wide<T>(count, fresh, stride, a, w, j, j2, k, row + k, row2 + k);
      for (; k <= j2 && k + 16 <= stride; k += 16) narrow<T>(count, fresh, stride, a, w, j, j2, k, row + k, row2 + k);
      for (; k <= j2; k += sizeof<T>()) {
        if (k <= j) single<T>(count, fresh, stride, a, w, j, k, row + k);
        if (j2 != j) single<T>(count, fresh, stride, a, w, j2, k, row2 + k);
      }
    }
    first += count;
    a += count * stride;
    if (w) w += count * sizeof<T>();
  } while (first < rows);
}
