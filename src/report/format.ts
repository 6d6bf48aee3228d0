/** Numbers as people read them in tables, progress lines and plots. The exact ones are in summary.json. */

const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];
const SUPERSCRIPTS: Readonly<Record<string, string>> = {
  "-": "\u207b",
  "0": "\u2070",
  "1": "\u00b9",
  "2": "\u00b2",
  "3": "\u00b3",
  "4": "\u2074",
  "5": "\u2075",
  "6": "\u2076",
  "7": "\u2077",
  "8": "\u2078",
  "9": "\u2079",
};

/** Three significant digits, plain: 0.123, 12.3, 123, 1230. */
export function formatPlain(value: number): string {
  if (!Number.isFinite(value)) return formatOdd(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return formatScientific(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Number(size.toPrecision(3)))));
  return value.toFixed(digits);
}

/** Two significant digits with a power of ten: 3.1e-3, 1.0. */
export function formatScientific(value: number): string {
  if (!Number.isFinite(value)) return formatOdd(value);
  if (value === 0) return "0";
  return value.toExponential(1).replace("e+", "e").replace(/e0$/, "");
}

/** A number that somebody chose: 1e-12 rather than 1.0e-12. */
export const formatLevel = (value: number): string => formatScientific(value).replace(/\.0(?=e|$)/, "");

function formatOdd(value: number): string {
  return Number.isNaN(value) ? "-" : value > 0 ? "inf" : "-inf";
}

/** Three significant digits with a decimal prefix: "12.3 Mbit". */
export function formatUnit(value: number, unit: string): string {
  if (!Number.isFinite(value)) return `${formatOdd(value)} ${unit}`;
  let scaled = value;
  let prefix = 0;
  // 999.5 would round to "1000"
  while (Math.abs(scaled) >= 999.5 && prefix < PREFIXES.length - 1) {
    scaled /= 1000;
    prefix += 1;
  }
  const digits =
    prefix === 0 && Number.isInteger(scaled) ? 0 : Math.abs(scaled) < 9.995 ? 2 : Math.abs(scaled) < 99.95 ? 1 : 0;
  return `${scaled.toFixed(digits)} ${PREFIXES[prefix]}${unit}`;
}

export const formatBits = (bits: number): string => formatUnit(bits, "bit");
export const formatBytes = (bytes: number): string => formatUnit(bytes, "B");

/** "1,234,567": groups of three, the same in every locale. */
export function formatInteger(value: number): string {
  if (!Number.isFinite(value)) return formatOdd(value);
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "12.3x", "0.45x", "1200x". */
export function formatRatio(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return `${value >= 999.5 ? formatInteger(Number(value.toPrecision(3))) : formatPlain(value)}x`;
}

/** A measured time: "0.31 s", "12.4 s", "3 min 20 s", "2 h 5 min". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  if (seconds < 0.0995) return `${formatPlain(seconds * 1000)} ms`;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(minutes / 1440)} days`;
}

/** A guessed time, so no digits that mean nothing: "5 s", "2 min", "3 h". */
export function formatEta(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "-";
  if (seconds < 1) return "<1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** "10⁻⁴"; 0 and 1 are "1" and "10". */
export function formatPower(exponent: number): string {
  if (exponent === 0) return "1";
  if (exponent === 1) return "10";
  return `10${[...String(exponent)].map((c) => SUPERSCRIPTS[c] ?? c).join("")}`;
}

/** At most `width` characters, the last one "…" if some were cut. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}\u2026`;
}

/** Text that a terminal may show: control characters (a label may hold an escape sequence) become spaces. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ");
