import { l2 } from "../../src/prox/l2.ts";
import { testProx } from "./conformance.ts";

testProx(l2, ["l2:lambda=0.5", "l2:lambda=0"], [["l2:lambda=-1", /l2: lambda must be a number >= 0, got -1/]]);
