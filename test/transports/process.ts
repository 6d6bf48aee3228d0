/** A program with threads, for tests of how it ends: node process.js <what> <script of the threads>. */
import { nodeThread } from "../../src/run/threads-cluster.ts";
import { Threads } from "../../src/transports/threads.ts";
import { Do } from "./echo-thread.ts";

const [what, script] = process.argv.slice(2);
const ports = [nodeThread(new URL(script!)), nodeThread(new URL(script!))];
const transport = await Threads.start(ports, { nodes: 3, setup: () => undefined, graceMs: 50 });
let answers = 0;
transport.onFrame(() => {
  answers += 1;
});
if (what === "idle") {
  transport.send("all", Uint8Array.of(Do.Echo, 1, 2, 3));
  await transport.flush();
  console.log(`${answers} answers`);
} else {
  if (what === "hang-handled") {
    process.once("SIGINT", () => {
      void transport.close().then(() => {
        console.log("closed");
        process.exitCode = 130;
      });
    });
  }
  transport.send(1, Uint8Array.of(Do.Hang));
  setTimeout(() => process.kill(process.pid, "SIGINT"), 100);
}
