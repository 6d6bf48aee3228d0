import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

const merged = mergeConfig(base, defineConfig({ root: new URL("../..", import.meta.url).pathname }));
merged.test.include = ["test/chaos/**/*.chaos.ts", "test/slow/**/*.slow.ts"];
export default merged;
