import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    {
      // as the bundler does: `import bytes from "x.wasm"` is the module's bytes
      name: "wasm-bytes",
      enforce: "pre",
      load(id) {
        if (!id.endsWith(".wasm")) return null;
        const text = readFileSync(id).toString("base64");
        return `export default Uint8Array.from(atob("${text}"), (c) => c.charCodeAt(0));`;
      },
    },
  ],
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000, maxWorkers: 2 },
});
