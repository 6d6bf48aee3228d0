import { zero } from "../../src/compressors/zero.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(zero, {}, { deterministic: true, bytes: () => 0, ratio: () => 1 });
