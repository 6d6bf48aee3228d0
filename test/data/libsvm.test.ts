import { createReadStream, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal } from "../../src/data/decimal.ts";
import { parseLibsvm, readLibsvm } from "../../src/data/libsvm.ts";
import { binaryLabels } from "../../src/data/matrix.ts";
import { dataFolder, mutate, resultOrDataError } from "./support.ts";

const utf8 = new TextEncoder();
const decimal = (text: string) => parseDecimal(utf8.encode(text), 0, utf8.encode(text).length);

describe("libsvm: syntax", () => {
  it("reads labels, entries, comments, blanks, CRLF and a last line without newline", () => {
    const text = "# heading\r\n+1 1:0.5 3:-2e-1 \r\n\r\n-1  2:.5\t4:1. # end\n   2.5\n1 4:+3 ";
    const data = parseLibsvm(text);
    expect(data.rows).toBe(4);
    expect(data.cols).toBe(4);
    expect([...data.labels]).toEqual([1, -1, 2.5, 1]);
    expect([...data.rowStart]).toEqual([0, 2, 4, 4, 5]);
    expect([...data.columns]).toEqual([0, 2, 1, 3, 3]);
    expect([...data.values]).toEqual([0.5, -0.2, 0.5, 1, 3]);
  });

  it("skips a byte order mark", () => expect(parseLibsvm("\ufeff-1 1:1\n").labels[0]).toBe(-1));

  it("takes features and maxRows", () => {
    expect(parseLibsvm("1 2:1\n1 3:1\n", { features: 9 }).cols).toBe(9);
    expect(parseLibsvm("1 2:1\n1 3:1\n", { maxRows: 1 }).cols).toBe(2);
    expect(parseLibsvm("1 2:1\nrubbish\n", { maxRows: 1 }).rows).toBe(1);
    expect(() => parseLibsvm("1 2:1", { features: 0 })).toThrow(RangeError);
    expect(() => parseLibsvm("1 2:1", { maxRows: 1.5 })).toThrow(
      "libsvm: maxRows must be an integer in 1..2147483646, got 1.5",
    );
  });

  it.each([
    ["1 1:1\n\n1 5:\n", 'a9a:3: expected index:value, got "5:"'],
    ["1 5\n", 'a9a:1: expected index:value, got "5"'],
    ["1 :5\n", 'a9a:1: expected index:value, got ":5"'],
    ["1 qid:5\n", 'a9a:1: expected index:value, got "qid:5"'],
    ["1 0:5\n", 'a9a:1: indices start at 1, got "0:5"'],
    ["1 3:5 3:1\n", 'a9a:1: indices must increase (last was 3), got "3:1"'],
    ["1 3:5 2:1\n", 'a9a:1: indices must increase (last was 3), got "2:1"'],
    ["1 99999999999999999999999:1", 'a9a:1: index must be at most 2147483647, got "99999999999999999999999:1"'],
    ["1 1:1x\n", 'a9a:1: expected a finite number after index:, got "1:1x"'],
    ["1 1:1e999\n", 'a9a:1: expected a finite number after index:, got "1:1e999"'],
    ["1 1:nan\n", 'a9a:1: expected a finite number after index:, got "1:nan"'],
    ["1,2 1:1\n", 'a9a:1: expected a finite number as label, got "1,2"'],
    ["1:1 2:1\n", 'a9a:1: expected a finite number as label, got "1:1"'],
    ["# nothing\n", "a9a: expected at least one sample, got none"],
  ])("names what is wrong with %j", (text, message) => {
    expect(() => parseLibsvm(text, { name: "a9a" })).toThrow(expect.objectContaining({ name: "DataError", message }));
  });

  it("names features when an index exceeds it", () => {
    const message = 'a9a:2: index must be at most 4 (features), got "5:1"';
    expect(() => parseLibsvm("1 4:1\n1 5:1", { name: "a9a", features: 4 })).toThrow(message);
  });
});

describe("libsvm: properties", () => {
  const value = fc.double({ noNaN: true, noDefaultInfinity: true });
  const row = fc.record({
    label: value,
    entries: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 500 }), value), { selector: ([i]) => i, maxLength: 12 }),
  });

  it("gives back what was written, however the bytes are cut into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        async (rows, size) => {
          for (const r of rows) r.entries.sort((a, b) => a[0] - b[0]);
          const text = rows.map((r) => [r.label, ...r.entries.map(([i, v]) => `${i}:${v}`)].join(" ")).join("\n");
          const bytes = utf8.encode(text);
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
          const data = await readLibsvm(chunks);
          // zeros lose no sign but "-0" prints as "0"
          expect([...data.labels]).toEqual(rows.map((r) => r.label + 0));
          expect([...data.values]).toEqual(rows.flatMap((r) => r.entries.map(([, v]) => v + 0)));
          expect([...data.columns]).toEqual(rows.flatMap((r) => r.entries.map(([i]) => i - 1)));
          expect(data).toEqual(parseLibsvm(bytes));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("reads numbers as the host does", () => {
    const digits = fc.stringMatching(/^[0-9]{0,20}$/);
    const exponent = fc.oneof(
      fc.constant(""),
      fc.integer({ min: -330, max: 330 }).map((e) => `e${e}`),
    );
    fc.assert(
      fc.property(fc.constantFrom("", "+", "-"), digits, digits, exponent, (sign, whole, part, exp) => {
        fc.pre(whole !== "" || part !== "");
        const text = `${sign}${whole}.${part}${exp}`;
        expect(decimal(text)).toBe(Number(text));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(decimal(String(x))).toBe(Number(String(x)));
      }),
    );
  });

  it.each(["", "+", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1_0", "Infinity", " 1", "1 ", "--1"])(
    "%j is no number",
    (text) => {
      expect(decimal(text)).toBeNaN();
    },
  );

  it("fails on mutated input only with DataError", () => {
    const valid = utf8.encode("+1 1:0.5 3:-2e-1 \r\n-1 2:.5 4:1\n# c\n1 4:3");
    const edit = fc.record({
      at: fc.nat(200),
      kind: fc.nat(3),
      byte: fc.constantFrom(...utf8.encode("0123456789:. \n\r#+-e\tx\u00ff")),
    });
    fc.assert(
      fc.property(
        fc.array(edit, { maxLength: 5 }),
        (edits) => void resultOrDataError(() => parseLibsvm(mutate(valid, edits))),
      ),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void resultOrDataError(() => parseLibsvm(bytes))),
      { numRuns: 500 },
    );
  });
});

// rows, largest index, stored entries, label counts: counted by another program from the same files
const files: [string, number, number, number, Record<string, number>][] = [
  ["a1a", 1605, 119, 22249, { "-1": 1210, "1": 395 }],
  ["a1a.t", 30956, 123, 429343, { "-1": 23510, "1": 7446 }],
  ["a7a.txt", 16100, 122, 223304, { "-1": 12182, "1": 3918 }],
  ["a9a", 32561, 123, 451592, { "-1": 24720, "1": 7841 }],
  ["a9a.t", 16281, 122, 225731, { "-1": 12435, "1": 3846 }],
  ["australian", 690, 14, 9660, { "-1": 383, "1": 307 }],
  ["diabetes", 768, 8, 6144, { "-1": 268, "1": 500 }],
  ["german.numer", 1000, 24, 24000, { "-1": 700, "1": 300 }],
  ["heart_scale", 270, 13, 3378, { "-1": 150, "1": 120 }],
  ["madelon.t", 600, 500, 300000, { "-1": 300, "1": 300 }],
  ["mushrooms", 8124, 112, 170604, { "1": 3916, "2": 4208 }],
  ["phishing", 11055, 68, 331650, { "0": 4898, "1": 6157 }],
  ["splice", 1000, 60, 60000, { "-1": 483, "1": 517 }],
  ["w7a", 24692, 300, 288148, { "-1": 23952, "1": 740 }],
  ["w7a.t", 25057, 300, 291438, { "-1": 24318, "1": 739 }],
  ["w8a", 49749, 300, 579586, { "-1": 48270, "1": 1479 }],
  ["w8a.t", 14951, 300, 174276, { "-1": 14497, "1": 454 }],
];

describe.skipIf(dataFolder === undefined)("libsvm: published data sets", () => {
  it.each(files)("%s", async (file, rows, largest, stored, labels) => {
    const data = await readLibsvm(createReadStream(dataFolder + file), { name: file });
    expect([data.rows, data.cols, data.values.length]).toEqual([rows, largest, stored]);
    const counts: Record<string, number> = {};
    for (const label of data.labels) counts[label] = (counts[label] ?? 0) + 1;
    expect(counts).toEqual(labels);
    const larger = Object.entries(labels).sort(([a], [b]) => Number(b) - Number(a))[0]![1];
    expect(binaryLabels(data).labels.filter((b) => b === 1).length).toBe(larger);
  });

  it("agrees with a plain reading of phishing, to the bit", () => {
    const text = readFileSync(`${dataFolder}phishing`, "utf8");
    const values = text
      .split(/\s+/)
      .filter((token) => token.includes(":"))
      .map((token) => Number(token.split(":")[1]));
    expect(Float64Array.from(values)).toEqual(parseLibsvm(text).values);
  });
});
