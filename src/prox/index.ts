/** The terms psi of f + psi, by name. One line each. */
import { UsageError } from "../core/errors.ts";
import { suggestion } from "../core/names.ts";
import { box } from "./box.ts";
import type { ProxFactory, SeparableProx } from "./common.ts";
import { l1 } from "./l1.ts";
import { l2 } from "./l2.ts";

const all: readonly ProxFactory[] = [l1, l2, box];

export const proxes: Readonly<Record<string, ProxFactory>> = Object.fromEntries(
  all.map((factory) => [factory.name, factory]),
);

/** "l1:lambda=1e-3", or a name with options. */
export type ProxChoice = string | ({ readonly name: string } & Readonly<Record<string, unknown>>);

/** @throws UsageError for unknown names and keys, RangeError for values */
export function createProx(choice: ProxChoice, where = "prox"): SeparableProx {
  const { name, ...options } = typeof choice === "string" ? parse(choice, where) : choice;
  const factory = Object.hasOwn(proxes, name) ? proxes[name] : undefined;
  if (!factory) throw new UsageError(`${where}: unknown name "${name}"; ${suggestion(name, Object.keys(proxes))}`);
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(factory.options, key)) continue;
    throw new UsageError(
      `${where}: unknown key "${key}" for ${name}; ${suggestion(key, Object.keys(factory.options))}`,
    );
  }
  return factory.create(options);
}

/** name[:key=number{,key=number}]. */
function parse(text: string, where: string): { name: string } & Record<string, unknown> {
  const colon = text.indexOf(":");
  if (colon < 0) return { name: text };
  const options: Record<string, number> = {};
  for (const item of text.slice(colon + 1).split(",")) {
    const [key = "", value = "", ...rest] = item.split("=");
    if (
      key === "" ||
      value.trim() === "" ||
      rest.length > 0 ||
      Number.isNaN(Number(value)) ||
      Object.hasOwn(options, key)
    ) {
      throw new UsageError(`${where}: expected name:key=number,..., got "${text}"`);
    }
    options[key] = Number(value);
  }
  return { ...options, name: text.slice(0, colon) };
}

export type { ProxFactory, SeparableProx } from "./common.ts";
