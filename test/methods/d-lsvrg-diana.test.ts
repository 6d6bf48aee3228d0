import type { Method } from "../../src/core/contracts.ts";
import { dLsvrgDiana } from "../../src/methods/d-lsvrg-diana.ts";
import { diana } from "../../src/methods/diana.ts";
import { testVariant } from "./variant.ts";

testVariant(dLsvrgDiana, {
  base: diana as Method,
  slots: { gradient: "rand-k:k=4" },
  linear: { gamma: 0.03, rounds: 3000 },
});
