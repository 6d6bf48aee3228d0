/** The benchmark as a page: measures what its address asks for and posts the figures. */
import type { ChildSettings } from "../case.ts";
import { measureAll } from "../measure.ts";

const post = (path: string, body: unknown) => fetch(path, { method: "POST", body: JSON.stringify(body) });

try {
  const settings = JSON.parse(new URLSearchParams(location.search).get("settings")!) as ChildSettings;
  await post("/figures", {
    figures: await measureAll(settings),
    isolated: crossOriginIsolated,
    agent: navigator.userAgent,
  });
} catch (error) {
  await post("/figures", { error: String((error as Error).stack ?? error) });
}
