import { ecLsvrgstar } from "../../src/methods/ec-lsvrgstar.ts";
import { testCompensated } from "./compensated.ts";

testCompensated(ecLsvrgstar, { way: "optimal", linear: { over: 0.1, rounds: 3000 } });
