import { expect, test } from "vitest";
import { ecGd } from "../../src/methods/ec-gd.ts";
import { ef } from "../../src/methods/ef.ts";
import { build } from "../run/harness.ts";
import { testCompensated } from "./compensated.ts";
import { small } from "./conformance.ts";

testCompensated(ecGd, { way: "gradient", stalls: { over: 0.1, factor: [3, 5.5] } });

test("ec-gd: it is ef, bit for bit", async () => {
  const settings = { problem: small(), slots: { gradient: "top-k:k=4" } };
  const [own, other] = [build({ ...settings, method: ecGd }), build({ ...settings, method: ef })];
  expect(own.options).toEqual(other.options);
  await Promise.all([own.play(60), other.play(60)]);
  expect(await own.x()).toEqual(await other.x());
});
