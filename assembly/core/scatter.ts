// Sparse vectors as (indices, values). Random access: bound by the cache, not by arithmetic, hence scalar.

function gather<T>(k: usize, a: T, x: usize, indices: usize, values: usize): void {
  const end = indices + (k << 2);
  if (a == 1) {
    // integer moves keep every bit, NaN payloads included
    for (; indices < end; indices += 4, values += sizeof<T>()) {
      const from = x + <usize>load<u32>(indices) * sizeof<T>();
      if (sizeof<T>() == 4) store<u32>(values, load<u32>(from));
      else store<u64>(values, load<u64>(from));
    }
    return;
  }
  for (; indices < end; indices += 4, values += sizeof<T>()) {
    store<T>(values, a * load<T>(x + <usize>load<u32>(indices) * sizeof<T>()));
  }
}

/** In the order of the list, so that repeated indices add one after the other. */
function scatterAdd<T>(k: usize, a: T, values: usize, indices: usize, acc: usize): void {
  const end = indices + (k << 2);
  for (; indices < end; indices += 4, values += sizeof<T>()) {
    const to = acc + <usize>load<u32>(indices) * sizeof<T>();
    store<T>(to, load<T>(to) + a * load<T>(values));
  }
}

export function gather_f32(k: usize, a: f64, x: usize, indices: usize, values: usize): void {
  gather<f32>(k, <f32>a, x, indices, values);
}
export function gather_f64(k: usize, a: f64, x: usize, indices: usize, values: usize): void {
  gather<f64>(k, a, x, indices, values);
}
export function scatterAdd_f32(k: usize, a: f64, values: usize, indices: usize, acc: usize): void {
  scatterAdd<f32>(k, <f32>a, values, indices, acc);
}
export function scatterAdd_f64(k: usize, a: f64, values: usize, indices: usize, acc: usize): void {
  scatterAdd<f64>(k, a, values, indices, acc);
}
