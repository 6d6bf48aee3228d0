/** A page over the built library in headless Chromium: runs a script and gives back what it returns. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join, resolve } from "node:path";
import { openPage } from "./chromium.ts";

const dist = resolve(import.meta.dirname, "../dist");
const LIMIT_MS = 50_000;
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** What `script`, the body of an async function, returns on a page; its error's message as `error` if it throws. */
export async function onPage(imports: string, script: string, isolated: boolean): Promise<unknown> {
  const html = `<!doctype html><script type="module">
    ${imports}
    const answer = (value) => fetch("/answer", { method: "POST", body: JSON.stringify(value) });
    try { await answer(await (async () => { ${script} })()); }
    catch (error) { await answer({ error: error.message }); }
  </script>`;
  let answered: (value: unknown) => void = () => {};
  const answer = new Promise<unknown>((done) => {
    answered = done;
  });
  const server = createServer((request, response) => {
    const headers = isolated ? ISOLATED : {};
    if (request.method === "POST") {
      let text = "";
      request.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      request.on("end", () => {
        response.end();
        answered(JSON.parse(text));
      });
    } else if (request.url === "/") {
      response.writeHead(200, { "content-type": "text/html", ...headers }).end(html);
    } else {
      const file = join(dist, basename(request.url!));
      if (!existsSync(file)) response.writeHead(404).end();
      else response.writeHead(200, { "content-type": "text/javascript", ...headers }).end(readFileSync(file));
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const close = openPage(`http://127.0.0.1:${port}/`);
  let limit: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      answer,
      new Promise<never>((_, fail) => {
        limit = setTimeout(() => fail(new Error("the page did not answer")), LIMIT_MS);
      }),
    ]);
  } finally {
    clearTimeout(limit);
    await close();
    server.closeAllConnections();
    server.close();
  }
}
