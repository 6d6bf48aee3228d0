/** Places labels beside points so that none covers another, a point or what else is in the way. */
import { textWidth } from "./marks.ts";

export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface Labelled {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

export interface PlacedLabel extends Labelled {
  /** Centre of the text. */
  readonly tx: number;
  readonly ty: number;
  /** Set where the label stands off its point: the leader's end at the label. */
  readonly leader: { readonly x: number; readonly y: number } | undefined;
}

const overlap = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1)) * Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));

/** Directions around a point, and how far the label's centre is shifted sideways in half widths. */
const places = Array.from({ length: 24 }, (_, k) => {
  const angle = (2 * Math.PI * k) / 24;
  const [cosine, sine] = [round(Math.cos(angle)), round(Math.sin(angle))];
  const slides = Math.abs(sine) > 0.6 ? [Math.sign(cosine), -0.6, 0, 0.6, 1, -1] : [Math.sign(cosine)];
  return slides.map((slide) => [cosine, sine, slide] as const);
}).flat();
/** Distances from the point to the label, pixels; from the second on there is a leader. */
const DISTANCES = [7, 14, 22, 32, 44, 58, 74, 92, 112, 134];

/**
 * Greedy, crowded points first; each label takes the nearest free place around its point.
 * @param size of the font in pixels
 */
export function placeLabels(
  points: readonly Labelled[],
  obstacles: readonly Box[],
  size: number,
  inner: { readonly width: number; readonly height: number },
): PlacedLabel[] {
  const taken: Box[] = [...obstacles, ...points.map(({ x, y }) => around(x, y, 5, 5))];
  const crowd = points.map((p) => points.filter((q) => Math.hypot(p.x - q.x, (p.y - q.y) * 2) < 70).length);
  const order = points.map((_, i) => i).sort((i, j) => crowd[j]! - crowd[i]! || i - j);
  const placed: PlacedLabel[] = [];
  const leaders: [Labelled, { x: number; y: number }][] = [];
  for (const i of order) {
    const point = points[i]!;
    const half = { w: (textWidth(point.label) * size) / 2 + 2, h: size / 2 + 1 };
    let best: { cost: number; box: Box; tx: number; ty: number; at: number } | undefined;
    for (const [at, distance] of DISTANCES.entries()) {
      for (const [cosine, sine, slide] of places) {
        const tx = point.x + cosine * distance + slide * half.w;
        const ty = point.y + sine * (distance + half.h * 0.6);
        const box = around(tx, ty, half.w, half.h);
        if (box.x1 < 2 || box.y1 < 2 || box.x2 > inner.width - 2 || box.y2 > inner.height - 2) continue;
        let cost = distance + (sine === 0 ? 0 : 3);
        for (const other of taken) cost += 40 * overlap(box, other);
        for (const [from, to] of leaders) if (crosses(from, to, box)) cost += 400;
        const end = nearest(box, point);
        if (at > 0) {
          for (const other of placed) if (crosses(point, end, boxOf(other, size))) cost += 400;
          for (const other of points) {
            const own = Math.hypot(other.x - point.x, other.y - point.y) < 8;
            if (!own && crosses(point, end, around(other.x, other.y, 4, 4))) cost += 300;
          }
        }
        if (!best || cost < best.cost) best = { cost, box, tx, ty, at };
      }
      if (best && best.cost < distance + 4) break;
    }
    if (!best) continue;
    taken.push(best.box);
    const leader = best.at > 0 ? nearest(best.box, point) : undefined;
    if (leader) leaders.push([point, leader]);
    placed.push({ ...point, tx: best.tx, ty: best.ty, leader });
  }
  return placed;
}

export const boxOf = ({ tx, ty, label }: PlacedLabel, size: number): Box =>
  around(tx, ty, (textWidth(label) * size) / 2, size / 2);

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

const around = (x: number, y: number, w: number, h: number): Box => ({ x1: x - w, y1: y - h, x2: x + w, y2: y + h });

const nearest = (box: Box, { x, y }: { x: number; y: number }) => ({
  x: Math.min(Math.max(x, box.x1), box.x2),
  y: Math.min(Math.max(y, box.y1), box.y2),
});

/** Whether the line from a to b passes through the box. */
function crosses(a: { x: number; y: number }, b: { x: number; y: number }, box: Box): boolean {
  const steps = 12;
  for (let s = 1; s < steps; ++s) {
    const x = a.x + ((b.x - a.x) * s) / steps;
    const y = a.y + ((b.y - a.y) * s) / steps;
    if (x > box.x1 && x < box.x2 && y > box.y1 && y < box.y2) return true;
  }
  return false;
}
