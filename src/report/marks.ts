/** How the lines of a plot are told apart without colour (dash and marker), and how wide their labels are. */
import type { SymbolType } from "@observablehq/plot";

export interface LineStyle {
  /** `stroke-dasharray`; none for a solid line. */
  readonly dash: string | undefined;
  readonly symbol: SymbolType;
  readonly filled: boolean;
}

const DASHES = [undefined, "7 3", "2 2.5", "9 3 2 3", "14 4", "5 2 1.5 2 1.5 2", "1 3"];
const MARKERS: readonly [symbol: SymbolType, filled: boolean][] = [
  ["circle", true],
  ["square", false],
  ["triangle", true],
  ["diamond", false],
  ["times", false],
  ["circle", false],
  ["square", true],
  ["asterisk", false],
  ["diamond", true],
  ["plus", false],
  ["star", true],
  ["triangle", false],
];

/** Style i of 84 different ones: 7 dashes and 12 markers have no common factor. */
export function lineStyle(i: number): LineStyle {
  const [symbol, filled] = MARKERS[i % MARKERS.length]!;
  return { dash: DASHES[i % DASHES.length], symbol, filled };
}

/** Width of a sans-serif text in units of its font size; never less than that of Helvetica by more than a few percent. */
export function textWidth(text: string): number {
  let width = 0;
  for (const c of text) {
    if (/[ijlIt.,:;|!'()[\]fr /-]/.test(c)) width += 0.34;
    else if (/[mwMW@%\u2026]/.test(c)) width += 0.9;
    else if (/[A-Z]/.test(c)) width += 0.7;
    else if (c.codePointAt(0)! > 0x2e80) width += 1.1;
    else width += 0.57;
  }
  return width;
}

/** The text, shortened with "…" until it is at most `width` font sizes wide. */
export function cutToWidth(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(`${characters.join("")}\u2026`) > width) characters.pop();
  return `${characters.join("")}\u2026`;
}

export interface Pixel {
  readonly x: number;
  readonly y: number;
}

/**
 * Where markers sit on a line: every `spacing` pixels of its way to the right and down, shifted by `phase` in [0, 1), and
 * at its end. Noise around a floor is no way down, so it gathers no heap of markers.
 */
export function markerPlaces(line: readonly Pixel[], spacing: number, phase: number): Pixel[] {
  const last = line.at(-1);
  if (!last) return [];
  const places: Pixel[] = [];
  let next = spacing * (0.3 + phase);
  let way = 0;
  let lowest = line[0]!.y;
  for (let i = 1; i < line.length; ++i) {
    const [a, b] = [line[i - 1]!, line[i]!];
    const down = Math.max(0, b.y - lowest); // pixels grow downwards
    lowest = Math.max(lowest, b.y);
    const step = b.x - a.x + down;
    for (; step > 0 && way + step >= next; next += spacing) {
      const t = (next - way) / step;
      places.push({ x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) });
    }
    way += step;
  }
  const free = places.filter(({ x, y }) => Math.hypot(x - last.x, y - last.y) > spacing / 3);
  return [...free, last];
}
