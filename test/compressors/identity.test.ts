import { identity } from "../../src/compressors/identity.ts";
import { testCompressor } from "./conformance.ts";

testCompressor(identity, {}, { deterministic: true, bytes: (d, size) => d * size, ratio: () => 0, gain: () => 1 });
