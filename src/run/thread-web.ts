/** Entry of a page's thread, a Web Worker (dist/thread-web.js). Node's is thread-main.ts. */
import { type FromThread, ThreadSide, type ToThread } from "../transports/thread.ts";
import { buildNodes } from "./thread-nodes.ts";

/** Said last: a page is not told when a Web Worker ends. */
export const ENDED = "ended";

const scope = globalThis as unknown as {
  onmessage: ((event: { data: ToThread }) => void) | null;
  postMessage(message: FromThread | typeof ENDED): void;
  close(): void;
};
const side = new ThreadSide((message) => scope.postMessage(message), buildNodes);
scope.onmessage = ({ data }) => {
  if (!side.handle(data)) return;
  scope.postMessage(ENDED);
  scope.close();
};
