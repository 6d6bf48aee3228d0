import { expect, test } from "vitest";
import { createMailbox, EVERYONE, Found, MailboxReader, MailboxWriter } from "../../src/transports/mailbox.ts";
import { lcg } from "../kernels/harness.ts";

const payload = (seed: number, length: number, shift = 0): Uint8Array => {
  const bytes = new Uint8Array(new ArrayBuffer(length + 16), shift, length);
  for (let i = 0; i < length; ++i) bytes[i] = seed * 31 + i;
  return bytes;
};

test("every reader sees every frame in order, whatever the pace, through growth and wrap-around", () => {
  const random = lcg(3);
  const readers = 3;
  const buffer = createMailbox(readers, 4096);
  const queues: SharedArrayBuffer[][] = Array.from({ length: readers }, () => []);
  let grown = 0;
  const writer = new MailboxWriter(buffer, readers, (larger) => {
    grown += 1;
    for (const queue of queues) queue.push(larger);
  });
  const ends = queues.map((_, i) => new MailboxReader(buffer, i, readers));
  const seen = queues.map(() => 0);
  const lengths: number[] = [];
  const read = (i: number): boolean => {
    const found = ends[i]!.look();
    if (found === Found.Nothing) return false;
    if (found === Found.Continued) {
      ends[i]!.continueIn(queues[i]!.shift()!);
      return true;
    }
    const k = seen[i]!++;
    expect(ends[i]!.to).toBe(k % 4 === 0 ? EVERYONE : k);
    const { frame } = ends[i]!;
    expect(frame.byteOffset & 15).toBe(k % 16);
    expect(Buffer.from(frame).equals(payload(k, lengths[k]!))).toBe(true);
    ends[i]!.release();
    return true;
  };
  for (let k = 0; k < 3000; ++k) {
    const length = Math.floor(random() ** 4 * (k === 1500 ? 1e5 : 2000));
    lengths.push(length);
    writer.write(k % 4 === 0 ? EVERYONE : k, payload(k, length, k % 16));
    for (let i = 0; i < readers; ++i) for (let j = Math.floor(random() * (3 + i)); j > 0; --j) read(i);
  }
  for (let i = 0; i < readers; ++i) while (read(i));
  expect(seen).toEqual([3000, 3000, 3000]);
  expect(grown).toBeGreaterThan(0);
  for (let i = 0; i < readers; ++i) expect(writer.passed(i, writer.head)).toBe(true);
});

test("a queue that is read never grows", () => {
  let grown = 0;
  const buffer = createMailbox(1, 4096);
  const writer = new MailboxWriter(buffer, 1, () => ++grown);
  const reader = new MailboxReader(buffer, 0, 1);
  for (let k = 0; k < 5000; ++k) {
    writer.write(k, payload(k, k % 1500, k % 16));
    expect(reader.look()).toBe(Found.Frame);
    reader.release();
    expect(reader.look()).toBe(Found.Nothing);
  }
  expect(grown).toBe(0);
});

test("more than 1 GiB is refused", () => {
  expect(() => createMailbox(1, 2 ** 31)).toThrow("mailbox: must have at most 1073741824 bytes, got 2147483648");
});
