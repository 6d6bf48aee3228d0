import type { Method } from "../../src/core/contracts.ts";
import { dSgdDiana } from "../../src/methods/d-sgd-diana.ts";
import { diana } from "../../src/methods/diana.ts";
import { testVariant } from "./variant.ts";

testVariant(dSgdDiana, {
  base: diana as Method,
  slots: { gradient: "rand-k:k=4" },
  stalls: { gamma: 0.02, factor: [1.6, 3] },
});
