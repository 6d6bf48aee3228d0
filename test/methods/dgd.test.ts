import { dgd } from "../../src/methods/dgd.ts";
import { testMethod } from "./conformance.ts";

testMethod(dgd, {
  slots: {},
  descent: (run) => run.options.gamma,
  linear: { "nothing compressed": { slots: {}, rounds: 250 } },
});
