import { ecGdstar } from "../../src/methods/ec-gdstar.ts";
import { testCompensated } from "./compensated.ts";

testCompensated(ecGdstar, { way: "optimal", linear: { over: 0.3, rounds: 700 } });
