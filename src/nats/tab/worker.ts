/** The computing half of a tab: a Web Worker that connects by WebSocket and joins the run. Built into dist/join.html. */
import { wsconnect } from "@nats-io/nats-core";
import { join } from "../worker.ts";
import type { FromWorker, Ticket } from "./messages.ts";

const scope = self as unknown as {
  onmessage: ((event: { data: Ticket }) => void) | null;
  postMessage(message: FromWorker): void;
};

async function take({ url, run, worker, user, pass }: Ticket): Promise<void> {
  scope.postMessage({ kind: "event", text: `connecting to ${url}` });
  const connection = await wsconnect({
    servers: url,
    name: `tab of ${run}`,
    maxReconnectAttempts: -1,
    ...(user !== undefined && { user, pass: pass ?? "" }),
  });
  try {
    const joined = await join(connection, {
      run,
      ...(worker !== undefined && { worker }),
      onEvent: (text) => scope.postMessage({ kind: "event", text }),
      onFrames: (frames) => scope.postMessage({ kind: "frames", frames }),
    });
    scope.postMessage({ kind: "frames", frames: joined.frames });
    scope.postMessage({ kind: "over", text: `worker ${joined.worker}: ${joined.reason}` });
  } finally {
    await connection.close();
  }
}

scope.onmessage = ({ data }) => {
  take(data).catch((error: unknown) => {
    scope.postMessage({ kind: "failed", text: error instanceof Error ? error.message : String(error) });
  });
};
