// Compressed sparse rows: rowStart u32[rows + 1], columns u32, values. Scalar: the gathers dominate, and SIMD128 has none.

export function csrMatvec<T extends number>(
  rows: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  x: usize,
  out: usize,
): void {
  let entry = <usize>load<u32>(rowStart);
  for (let row: usize = 0; row < rows; ++row) {
    const end = <usize>load<u32>(rowStart + (row << 2), 4);
    let total: f64 = 0; // an f32 product is exact in f64
    for (; entry < end; ++entry) {
      const column = <usize>load<u32>(columns + (entry << 2));
      total += <f64>load<T>(values + entry * sizeof<T>()) * <f64>load<T>(x + column * sizeof<T>());
    }
    store<T>(out + row * sizeof<T>(), <T>total);
  }
}

export function csrMatvecT<T extends number>(
  rows: usize,
  cols: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  r: usize,
  out: usize,
): void {
  memory.fill(out, 0, cols * sizeof<T>());
  let entry = <usize>load<u32>(rowStart);
  for (let row: usize = 0; row < rows; ++row) {
    const end = <usize>load<u32>(rowStart + (row << 2), 4);
    const scale = load<T>(r + row * sizeof<T>());
    for (; entry < end; ++entry) {
      const at = out + <usize>load<u32>(columns + (entry << 2)) * sizeof<T>();
      store<T>(at, <T>(load<T>(at) + <T>(scale * load<T>(values + entry * sizeof<T>()))));
    }
  }
}

export function csrGram<T extends number>(
  rows: usize,
  cols: usize,
  rowStart: usize,
  columns: usize,
  values: usize,
  w: usize,
  out: usize,
): void {
  memory.fill(out, 0, cols * cols * sizeof<T>());
  let start = <usize>load<u32>(rowStart);
  for (let row: usize = 0; row < rows; ++row) {
    const end = <usize>load<u32>(rowStart + (row << 2), 4);
    const weight = w ? load<T>(w + row * sizeof<T>()) : <T>1;
    for (let p = start; p < end; ++p) {
      const scaled = <T>(weight * load<T>(values + p * sizeof<T>()));
      const base = out + <usize>load<u32>(columns + (p << 2)) * cols * sizeof<T>();
      for (let q = start; q <= p; ++q) {
        const at = base + <usize>load<u32>(columns + (q << 2)) * sizeof<T>();
        store<T>(at, <T>(load<T>(at) + <T>(scaled * load<T>(values + q * sizeof<T>()))));
      }
    }
    start = end;
  }
}
