import { castAdd_f32, castNearest_f32, castValid } from "../core/cast";
import { gridAdd_f64, gridNearest_f64 } from "../core/grid";
import { hadamard_f32 } from "../core/hadamard";
import { integerAdd_f64, integerNearest_f64, integerValid } from "../core/integer";

const AT: usize = memory.data(512, 16);
const OUT: usize = memory.data(128, 16);

describe("grid", () => {
  it("rounds to the nearest entry, ties to the smaller, and reads it back", () => {
    store<f64>(AT, 0.5); // bounds of 0, 1, 4
    store<f64>(AT, 2.5, 8);
    store<f64>(AT, Infinity, 16);
    store<f64>(AT, 0, 32); // the table
    store<f64>(AT, 1, 40);
    store<f64>(AT, 4, 48);
    store<f64>(AT, -2.5, 64);
    store<f64>(AT, 3, 72);
    expect(gridNearest_f64(2, 1, 2, AT, AT + 64, OUT)).toBe(2);
    expect(load<u16>(OUT)).toBe(3);
    expect(load<u16>(OUT, 2)).toBe(4);
    store<f64>(AT, 10, 64);
    store<f64>(AT, 10, 72);
    gridAdd_f64(2, 2, AT + 32, OUT, AT + 64);
    expect(load<f64>(AT, 64)).toBe(8);
    expect(load<f64>(AT, 72)).toBe(18);
  });
});

describe("cast and integer", () => {
  it("keeps what fits", () => {
    for (let i = 0; i < 9; ++i) store<f32>(AT + ((<usize>i) << 2), <f32>i - 4);
    castNearest_f32(9, 1, AT, OUT);
    expect(castValid(9, 1, OUT)).toBe(1);
    castAdd_f32(9, 1, -1, OUT, AT);
    for (let i = 0; i < 9; ++i) expect(load<f32>(AT + ((<usize>i) << 2))).toBe(0);
    store<f64>(AT, 1000);
    store<f64>(AT, -2.5, 8);
    integerNearest_f64(2, 1, -100, 100, 1, AT, OUT);
    expect(load<i8>(OUT)).toBe(100);
    expect(load<i8>(OUT, 1)).toBe(-2);
    expect(integerValid(2, -100, 99, 1, OUT)).toBe(0);
    integerAdd_f64(2, 1, 1, OUT, AT);
    expect(load<f64>(AT)).toBe(1100);
  });
});

describe("hadamard", () => {
  it("applied twice multiplies by n", () => {
    for (let i = 0; i < 64; ++i) store<f32>(AT + ((<usize>i) << 2), <f32>i);
    hadamard_f32(64, AT);
    expect(load<f32>(AT)).toBe(2016);
    hadamard_f32(64, AT);
    for (let i = 0; i < 64; ++i) expect(load<f32>(AT + ((<usize>i) << 2))).toBe(<f32>(i << 6));
  });
});
