// Static rANS (range variant of Duda's asymmetric numeral systems, arXiv 1311.2540): 12-bit frequencies, states of 31 bits
// that give off 16-bit words, one or four states in turn. Symbol i belongs to state i mod lanes. The encoder goes from the
// last symbol to the first and writes downwards, so that the decoder goes upwards.
//
// Push s onto x: x = floor(x / f) 4096 + start + x mod f. Pop: slot = x mod 4096 tells s, x = f floor(x / 4096) + slot - start.
// x is in [2^15, 2^31) between symbols: a push of s is preceded by a word if x >= f 2^19, a pop followed by one if x < 2^15.

const LOWEST: u32 = 1 << 15;

/** n symbols, four tables in turn: a count that follows itself at once would wait for its own store. */
export function symbolCounts(n: usize, alphabet: usize, symbols: usize, counts: usize): void {
  const table = alphabet << 2;
  const two = counts + table;
  const three = two + table;
  const four = three + table;
  memory.fill(counts, 0, table << 2);
  const end = symbols + (n << 1);
  for (; symbols + 8 <= end; symbols += 8) {
    const word = load<u64>(symbols);
    const a = counts + ((<usize>word & 0xffff) << 2);
    const b = two + ((<usize>(word >> 16) & 0xffff) << 2);
    const c = three + ((<usize>(word >> 32) & 0xffff) << 2);
    const d = four + ((<usize>(word >> 48)) << 2);
    store<u32>(a, load<u32>(a) + 1);
    store<u32>(b, load<u32>(b) + 1);
    store<u32>(c, load<u32>(c) + 1);
    store<u32>(d, load<u32>(d) + 1);
  }
  for (; symbols < end; symbols += 2) {
    const a = counts + ((<usize>load<u16>(symbols)) << 2);
    store<u32>(a, load<u32>(a) + 1);
  }
  for (let at: usize = 0; at < table; at += 4) {
    store<u32>(
      counts + at,
      load<u32>(counts + at) + load<u32>(two + at) + load<u32>(three + at) + load<u32>(four + at),
    );
  }
}

export function symbolsSplit(n: usize, width: u32, symbols: usize, low: usize, high: usize): void {
  const mask = ((<u32>1) << width) - 1;
  let i: usize = 0;
  const lanes = i16x8.splat(<i16>mask);
  for (; i + 8 <= n; i += 8) {
    const v = v128.load(symbols + (i << 1));
    v128.store(low + (i << 1), v128.and(v, lanes));
    v128.store(high + (i << 1), i16x8.shr_u(v, width));
  }
  for (; i < n; ++i) {
    const v = <u32>load<u16>(symbols + (i << 1));
    store<u16>(low + (i << 1), v & mask);
    store<u16>(high + (i << 1), v >> width);
  }
}

export function symbolsJoin(n: usize, width: u32, low: usize, high: usize, symbols: usize): void {
  let i: usize = 0;
  for (; i + 8 <= n; i += 8) {
    const at = i << 1;
    v128.store(symbols + at, v128.or(v128.load(low + at), i16x8.shl(v128.load(high + at), width)));
  }
  for (; i < n; ++i) {
    const at = i << 1;
    store<u16>(symbols + at, <u32>load<u16>(low + at) | ((<u32>load<u16>(high + at)) << width));
  }
}

// Entry of a symbol, 16 bytes: reciprocal u32 | f 2^19 u32 | bias u16 | 4096 - f u16 | shift u32. With q = floor(x / f) the
// push is x + start + q (4096 - f), and q = (x reciprocal >> 32) >> shift exactly while x < 2^31 (Alverson 1991: the
// reciprocal is 2^(31 + ceil(lg f)) / f rounded up). f = 1 has none of 32 bits: q is one too small, the bias makes up for it.

export function ransEntries(count: usize, symbols: usize, frequencies: usize, entries: usize): void {
  let start: u32 = 0;
  for (let j: usize = 0; j < count; ++j) {
    const f = <u32>load<u16>(frequencies + (j << 1));
    const at = entries + ((<usize>load<u16>(symbols + (j << 1))) << 4);
    const bits = f > 1 ? 32 - clz<u32>(f - 1) : 0; // ceil(lg f)
    const reciprocal = f > 1 ? <u32>((((<u64>1) << (31 + bits)) + f - 1) / f) : <u32>0xffffffff;
    store<u32>(at, reciprocal);
    store<u32>(at, f << 19, 4);
    store<u16>(at, f > 1 ? start : start + 4095, 8);
    store<u16>(at, 4096 - f, 10);
    store<u32>(at, f > 1 ? bits - 1 : 0, 12);
    start += f;
  }
}

function push(x: u32, entry: usize): u32 {
  const q = <u32>((<u64>x * <u64>load<u32>(entry)) >> 32) >> load<u32>(entry, 12);
  return x + <u32>load<u16>(entry, 8) + q * <u32>load<u16>(entry, 10);
}

/** The word goes below `to` in any case, and stays if it is due. */
function due(x: u32, entry: usize, to: usize): u32 {
  store<u16>(to - 2, x);
  return u32(x >= load<u32>(entry, 4));
}

export function ransEncode(n: usize, lanes: u32, symbols: usize, entries: usize, end: usize): usize {
  let to = end;
  let a = LOWEST;
  if (lanes == 1) {
    for (let at = symbols + (n << 1); at > symbols; ) {
      at -= 2;
      const entry = entries + ((<usize>load<u16>(at)) << 4);
      const word = due(a, entry, to);
      to -= word << 1;
      a = push(a >> (word << 4), entry);
    }
    store<u32>(to - 4, a);
    return to - 4;
  }
  let b = LOWEST;
  let c = LOWEST;
  let d = LOWEST;
  let at = symbols + (n << 1);
  for (let rest = n & 3; rest; ) {
    --rest;
    at -= 2;
    const entry = entries + ((<usize>load<u16>(at)) << 4);
    const x = rest == 0 ? a : rest == 1 ? b : c;
    const word = due(x, entry, to);
    to -= word << 1;
    const next = push(x >> (word << 4), entry);
    if (rest == 0) a = next;
    else if (rest == 1) b = next;
    else c = next;
  }
  while (at > symbols) {
    at -= 8;
    const four = load<u64>(at);
    const ed = entries + ((<usize>(four >> 48)) << 4);
    let word = due(d, ed, to);
    to -= word << 1;
    d = push(d >> (word << 4), ed);
    const ec = entries + ((<usize>(four >> 32) & 0xffff) << 4);
    word = due(c, ec, to);
    to -= word << 1;
    c = push(c >> (word << 4), ec);
    const eb = entries + ((<usize>(four >> 16) & 0xffff) << 4);
    word = due(b, eb, to);
    to -= word << 1;
    b = push(b >> (word << 4), eb);
    const ea = entries + ((<usize>four & 0xffff) << 4);
    word = due(a, ea, to);
    to -= word << 1;
    a = push(a >> (word << 4), ea);
  }
  store<u32>(to - 16, a);
  store<u32>(to - 12, b);
  store<u32>(to - 8, c);
  store<u32>(to - 4, d);
  return to - 16;
}

// Slot of x mod 4096, u32: index of the symbol << 24 | (f - 1) << 12 | slot - start.

export function ransSlots(count: usize, frequencies: usize, slots: usize): void {
  for (let j: usize = 0; j < count; ++j) {
    const f = <u32>load<u16>(frequencies + (j << 1));
    const slot = ((<u32>j) << 24) | ((f - 1) << 12);
    for (let k: u32 = 0; k < f; ++k, slots += 4) store<u32>(slots, slot | k);
  }
}

function pop(x: u32, slot: u32): u32 {
  return (((slot >> 12) & 4095) + 1) * (x >> 12) + (slot & 4095);
}

export function ransDecode(
  n: usize,
  lanes: u32,
  slots: usize,
  values: usize,
  packed: usize,
  available: usize,
  symbols: usize,
): i32 {
  const head: usize = lanes << 2;
  if (available < head) return -1;
  const end = packed + available;
  let from = packed + head;
  let a = load<u32>(packed);
  let b = lanes == 1 ? LOWEST : load<u32>(packed, 4);
  let c = lanes == 1 ? LOWEST : load<u32>(packed, 8);
  let d = lanes == 1 ? LOWEST : load<u32>(packed, 12);
  if (min(min(a, b), min(c, d)) < LOWEST || max(max(a, b), max(c, d)) >> 31) return -1;
  let i: usize = 0;
  if (lanes == 4) {
    for (; i + 4 <= n && from + 8 <= end; i += 4) {
      const sa = load<u32>(slots + ((<usize>a & 4095) << 2));
      const sb = load<u32>(slots + ((<usize>b & 4095) << 2));
      const sc = load<u32>(slots + ((<usize>c & 4095) << 2));
      const sd = load<u32>(slots + ((<usize>d & 4095) << 2));
      const at = symbols + (i << 1);
      store<u16>(at, load<u16>(values + ((<usize>(sa >> 24)) << 1)));
      store<u16>(at, load<u16>(values + ((<usize>(sb >> 24)) << 1)), 2);
      store<u16>(at, load<u16>(values + ((<usize>(sc >> 24)) << 1)), 4);
      store<u16>(at, load<u16>(values + ((<usize>(sd >> 24)) << 1)), 6);
      a = pop(a, sa);
      b = pop(b, sb);
      c = pop(c, sc);
      d = pop(d, sd);
      let low: bool;
      low = a < LOWEST;
      a = select<u32>((a << 16) | <u32>load<u16>(from), a, low);
      from += (<usize>low) << 1;
      low = b < LOWEST;
      b = select<u32>((b << 16) | <u32>load<u16>(from), b, low);
      from += (<usize>low) << 1;
      low = c < LOWEST;
      c = select<u32>((c << 16) | <u32>load<u16>(from), c, low);
      from += (<usize>low) << 1;
      low = d < LOWEST;
      d = select<u32>((d << 16) | <u32>load<u16>(from), d, low);
      from += (<usize>low) << 1;
    }
  }
  for (; i < n; ++i) {
    const lane = lanes == 1 ? 0 : <u32>i & 3;
    let x = lane == 0 ? a : lane == 1 ? b : lane == 2 ? c : d;
    const slot = load<u32>(slots + ((<usize>x & 4095) << 2));
    store<u16>(symbols + (i << 1), load<u16>(values + ((<usize>(slot >> 24)) << 1)));
    x = pop(x, slot);
    if (x < LOWEST) {
      if (from + 2 > end) return -1;
      x = (x << 16) | <u32>load<u16>(from);
      from += 2;
    }
    if (lane == 0) a = x;
    else if (lane == 1) b = x;
    else if (lane == 2) c = x;
    else d = x;
  }
  // the encoder began with the lowest states
  return a == LOWEST && b == LOWEST && c == LOWEST && d == LOWEST ? <i32>(from - packed) : -1;
}
