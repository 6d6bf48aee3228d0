import { biasedRandK } from "../../src/compressors/biased-rand-k.ts";
import { testCompressor } from "./conformance.ts";
import { flat } from "./ratios.ts";

const kept = (d: number): number => (d === 0 ? 0 : Math.max(1, Math.round(d * 0.25)));
testCompressor(
  biasedRandK,
  { ratio: 0.25 },
  { bytes: (d, size) => 4 + size * kept(d), ratio: (x) => 1 - kept(x.length) / x.length, extreme: flat, gain: () => 1 },
);
