import { ecGdDiana } from "../../src/methods/ec-gd-diana.ts";
import { testCompensated } from "./compensated.ts";

testCompensated(ecGdDiana, { way: "learnt", linear: { over: 0.3, rounds: 700 } });
