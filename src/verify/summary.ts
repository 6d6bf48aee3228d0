/** One line for a verification: the error against what is stated, the place above the bound, the verdict. */
import { formatPlain, formatScientific } from "../report/format.ts";
import type { Check, Verification } from "./verify.ts";

export const value = (v: number): string => {
  const size = Math.abs(v);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? formatScientific(v) : String(Number(v.toPrecision(4)));
};

/** The check that speaks for the class: the error against omega or delta. */
export function errorCheck({ checks }: Verification): Check | undefined {
  return checks.find(({ constant }) => /^(omega|1 - delta|absolute)/.test(constant));
}

function statedError({ constants }: Verification): string {
  if (constants.omega !== undefined) return `omega = ${value(constants.omega)}`;
  if (constants.delta !== undefined) return `1 - delta = ${value(1 - constants.delta)}`;
  return `absolute = ${value(constants.absolute!)}`;
}

/** Spec, stated, measured with its interval, bits an entry, a 4^bits, verdict. */
export function summaryCells(verification: Verification): string[] {
  const { spec, uncertainty, holds, checks, constants } = verification;
  const error = errorCheck(verification);
  const other = constants.B2 ? `B2(${constants.B2.map(value).join(", ")})` : "-";
  const measured = error ? `${value(error.measured)}${error.margin ? ` +- ${value(error.margin)}` : ""}` : "-";
  const { bits, product } = uncertainty.measured;
  const violated = checks.filter((check) => !check.holds).map((check) => check.constant.split(":")[0]);
  const verdict = holds ? `${checks.length} hold` : `VIOLATED: ${violated.join(", ")}`;
  return [spec, error ? statedError(verification) : other, measured, formatPlain(bits), value(product), verdict];
}
