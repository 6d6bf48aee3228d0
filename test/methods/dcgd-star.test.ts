import { dcgdStar } from "../../src/methods/dcgd-star.ts";
import { testMethod } from "./conformance.ts";

testMethod(dcgdStar, {
  slots: { gradient: "rand-k:k=3", shift: "top-k:k=2" },
  descent: (run) => run.options.gamma,
  linear: {
    "rand-k": { slots: { gradient: "rand-k:k=3" }, rounds: 600 },
    "rand-k after top-k": { slots: { gradient: "rand-k:k=3", shift: "top-k:k=3" }, rounds: 600 },
  },
});
