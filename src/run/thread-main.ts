/** Entry of a Node thread (dist/thread.js). A page's is thread-web.ts. */
import { parentPort } from "node:worker_threads";
import { type FromThread, ThreadSide, type ToThread } from "../transports/thread.ts";
import { buildNodes } from "./thread-nodes.ts";

if (!parentPort) throw new Error("thread: runs in a worker thread only");
const port = parentPort;
const side = new ThreadSide((message: FromThread) => port.postMessage(message), buildNodes);
port.on("message", (message: ToThread) => {
  if (side.handle(message)) port.close();
});
