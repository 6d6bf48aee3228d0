import { ecLsvrgDiana } from "../../src/methods/ec-lsvrg-diana.ts";
import { testCompensated } from "./compensated.ts";

testCompensated(ecLsvrgDiana, { way: "learnt", linear: { over: 0.1, rounds: 3000 } });
