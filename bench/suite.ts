/** All cases, in the order of the table. */
import type { CaseSpec } from "./case.ts";
import { codecCases } from "./codecs.ts";
import { kernelCases } from "./kernels.ts";
import { roundCases } from "./rounds.ts";

export const cases: readonly CaseSpec[] = [...kernelCases, ...codecCases, ...roundCases];
