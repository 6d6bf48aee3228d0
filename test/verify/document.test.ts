import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { boxOf, placeLabels } from "../../src/report/labels.ts";
import { frontierSvg } from "../../src/verify/chart.ts";
import { compressorsDocument, DOCUMENT_DIM } from "../../src/verify/document.ts";
import { entropyRows } from "../../src/verify/entropy.ts";
import { frontier, labelOf } from "../../src/verify/frontier.ts";

const read = (path: string): string => readFileSync(resolve(import.meta.dirname, "../..", path), "utf8");
const points = frontier(DOCUMENT_DIM);

test("docs/compressors.md and its chart are current: node scripts/compressors.mjs", () => {
  expect(read("docs/compressors.md")).toBe(compressorsDocument(points, entropyRows()));
  expect(read("docs/figures/frontier.svg")).toBe(frontierSvg(points, DOCUMENT_DIM));
});

test("no compressor passes the bounds", () => {
  for (const { spec, kind, bits, error } of points) {
    const a = kind === "unbiased" ? error / (1 + error) : error;
    if (error > 0) expect(a * 4 ** bits, spec).toBeGreaterThanOrEqual(1);
  }
});

test("labels are short and keep apart", () => {
  expect(labelOf("top-k:ratio=0.1")).toBe("top-k 0.1");
  expect(labelOf("induced:biased=(top-k:ratio=0.1),unbiased=(natural)")).toBe("induced(top-k 0.1, natural)");
  const crowd = Array.from({ length: 12 }, (_, i) => ({ x: 300 + (i % 3) * 4, y: 200 + i, label: `label ${i}` }));
  const placed = placeLabels(crowd, [], 11, { width: 600, height: 400 });
  expect(placed).toHaveLength(12);
  const boxes = placed.map((label) => boxOf(label, 11));
  boxes.forEach((a, i) => {
    expect(a.x1 >= 0 && a.x2 <= 600 && a.y1 >= 0 && a.y2 <= 400).toBe(true);
    for (const b of boxes.slice(i + 1)) {
      expect(a.x1 >= b.x2 || b.x1 >= a.x2 || a.y1 >= b.y2 || b.y1 >= a.y2).toBe(true);
    }
  });
});
