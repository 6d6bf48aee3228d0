import type { Method } from "../../src/core/contracts.ts";
import { diana } from "../../src/methods/diana.ts";
import { vrDiana } from "../../src/methods/vr-diana.ts";
import { testVariant } from "./variant.ts";

testVariant(vrDiana, {
  base: diana as Method,
  slots: { gradient: "rand-k:k=4" },
  linear: { gamma: 0.03, rounds: 3000 },
});
