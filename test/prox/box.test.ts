import { box } from "../../src/prox/box.ts";
import { testProx } from "./conformance.ts";

testProx(
  box,
  ["box:low=-1,high=0.5", "box:low=0", "box:high=0.25"],
  [
    ["box:low=1,high=1", /box: low must be less than high, got 1 and 1/],
    ["box:lo=1", /unknown key "lo" for box; did you mean "low"/],
    ["bax:low=1", /prox: unknown name "bax"; did you mean "box"/],
  ],
);
