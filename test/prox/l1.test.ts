import { l1 } from "../../src/prox/l1.ts";
import { testProx } from "./conformance.ts";

testProx(
  l1,
  ["l1:lambda=0.5", "l1:lambda=0"],
  [
    ["l1", /l1: lambda must be a number >= 0, got undefined/],
    ["l1:lambda=-1", /got -1/],
    ["l1:lamda=1", /prox: unknown key "lamda" for l1; did you mean "lambda"/],
    ["l1:lambda", /expected name:key=number/],
  ],
);
