import { createServer, connect as dial, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type Shape, type ShapedLink, shapedLink } from "../../bench/link/shape.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A server that echoes, behind a link. */
async function echo(shape?: Shape): Promise<ShapedLink> {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const link = await shapedLink((server.address() as { port: number }).port, shape);
  closing.push(link.close, () => new Promise((done) => server.close(done)));
  return link;
}

/** Sends bytes and half-closes; what came back until the other end did so too, and after how many ms. */
async function roundTrip(port: number, bytes: Buffer): Promise<{ back: Buffer; ms: number }> {
  const parts: Buffer[] = [];
  const since = performance.now();
  const socket: Socket = dial({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("data", (part) => parts.push(part));
  socket.end(bytes);
  await new Promise<void>((done, fail) => void socket.once("end", done).once("error", fail));
  return { back: Buffer.concat(parts), ms: performance.now() - since };
}

const bytes = Buffer.from(Uint8Array.from({ length: 700_001 }, (_, i) => (i ** 2) >> 3));

test("a shaped link loses and reorders nothing, and is never faster than its shape", async () => {
  const link = await echo({ bandwidth: 4e7, latency: 0.03 });
  const both = await Promise.all([roundTrip(link.port, bytes), roundTrip(link.port, bytes)]);
  for (const { back, ms } of both) {
    expect(back.equals(bytes)).toBe(true);
    expect(ms).toBeGreaterThan(2 * 30 + (8000 * bytes.length) / 4e7 - 5); // both ways at once, but for the latency
  }
});

test("a link without a shape hands on, and closing it ends its connections", async () => {
  const link = await echo();
  expect((await roundTrip(link.port, bytes)).back.equals(bytes)).toBe(true);
  const socket = dial({ port: link.port, host: "127.0.0.1" });
  await new Promise((done) => socket.once("connect", done));
  const closed = new Promise((done) => socket.once("close", done));
  socket.on("error", () => {}); // a reset is an end too
  await link.close();
  closing.shift();
  await closed;
});
