/** The page of a tab: a form, a line of state, and a Web Worker that does the work. Built into dist/join.html. */
import type { FromWorker, Ticket } from "./messages.ts";

/** The Web Worker's script, put in by the build. */
declare const WORKER_SCRIPT: string;

const field = (name: string) => document.querySelector<HTMLInputElement>(`[name=${name}]`)!;
const show = (name: string, text: string) => {
  document.querySelector(`#${name}`)!.textContent = text;
};

function ticket(): Ticket {
  const [url, run, worker, user, pass] = ["nats", "run", "worker", "user", "pass"].map((name) => field(name).value);
  return {
    url: url!,
    run: run!,
    ...(worker !== "" && { worker: Number(worker) }),
    ...(user !== "" && { user: user!, pass: pass! }),
  };
}

let worker: Worker | undefined;

function state(name: "idle" | "joined" | "over" | "failed", text: string): void {
  document.body.dataset.state = name;
  show("state", text);
  document.querySelector<HTMLButtonElement>("#go")!.textContent = name === "joined" ? "Leave" : "Join";
  for (const input of document.querySelectorAll("input")) input.disabled = name === "joined";
}

function leave(): void {
  worker?.terminate();
  worker = undefined;
}

function go(): void {
  if (worker) {
    leave();
    state("idle", "left");
    return;
  }
  const script = URL.createObjectURL(new Blob([WORKER_SCRIPT], { type: "text/javascript" }));
  worker = new Worker(script);
  URL.revokeObjectURL(script);
  state("joined", "starting");
  show("frames", "0");
  worker.onmessage = ({ data }: { data: FromWorker }) => {
    if (data.kind === "frames") show("frames", String(data.frames));
    else if (data.kind === "event") show("state", data.text);
    else {
      leave();
      state(data.kind, data.text);
    }
  };
  worker.onerror = ({ message }) => {
    leave();
    state("failed", message);
  };
  worker.postMessage(ticket());
}

const given = new URLSearchParams(location.search);
for (const input of document.querySelectorAll("input")) input.value = given.get(input.name) ?? input.value;
document.querySelector("form")!.addEventListener("submit", (event) => {
  event.preventDefault();
  go();
});
if (given.has("auto")) go();
