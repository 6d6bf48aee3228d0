import { expect, test } from "vitest";
import {
  cut,
  formatBits,
  formatEta,
  formatInteger,
  formatLevel,
  formatPlain,
  formatPower,
  formatRatio,
  formatScientific,
  formatSeconds,
  printable,
} from "../../src/report/format.ts";

test.each([
  [0, "0 bit"],
  [999, "999 bit"],
  [1000, "1.00 kbit"],
  [999_499, "999 kbit"],
  [999_500, "1.00 Mbit"],
  [12_345_678, "12.3 Mbit"],
  [1.5, "1.50 bit"],
  [2.5e30, "2500000000000 Ebit"],
  [Number.POSITIVE_INFINITY, "inf bit"],
])("bits %s", (value, text) => {
  expect(formatBits(value)).toBe(text);
});

test.each([
  [0, "0"],
  [1, "1.00"],
  [0.99999, "1.00"],
  [12.345, "12.3"],
  [123456, "123456"],
  [1e-4, "1.0e-4"],
  [Number.NaN, "-"],
])("plain %s", (value, text) => {
  expect(formatPlain(value)).toBe(text);
});

test("errors, levels, ratios, integers", () => {
  expect(formatScientific(0.00314)).toBe("3.1e-3");
  expect(formatScientific(0)).toBe("0");
  expect(formatScientific(Number.NaN)).toBe("-");
  expect(formatScientific(1)).toBe("1.0");
  expect(formatLevel(1e-12)).toBe("1e-12");
  expect(formatLevel(1)).toBe("1");
  expect(formatRatio(12.34)).toBe("12.3x");
  expect(formatRatio(0.456)).toBe("0.456x");
  expect(formatRatio(12345)).toBe("12,300x");
  expect(formatRatio(Number.NaN)).toBe("-");
  expect(formatInteger(-1234567)).toBe("-1,234,567");
});

test("times", () => {
  expect(formatSeconds(0.0123)).toBe("12.3 ms");
  expect(formatSeconds(9.996)).toBe("10.0 s");
  expect(formatSeconds(200)).toBe("3 min 20 s");
  expect(formatSeconds(7500)).toBe("2 h 5 min");
  expect(formatEta(null)).toBe("-");
  expect(formatEta(0.2)).toBe("<1 s");
  expect(formatEta(89)).toBe("89 s");
  expect(formatEta(600)).toBe("10 min");
  expect(formatEta(Number.POSITIVE_INFINITY)).toBe("-");
});

test("powers and labels", () => {
  expect(formatPower(-12)).toBe("10\u207b\u00b9\u00b2");
  expect([formatPower(0), formatPower(1)]).toEqual(["1", "10"]);
  expect(cut("abcdef", 4)).toBe("abc\u2026");
  expect(cut("\u{1f600}\u{1f600}", 2)).toBe("\u{1f600}\u{1f600}");
  expect(printable("a\u001b[31m\nb")).toBe("a [31m b");
});
