/** Options that several commands have, each declared once. */
import { Option } from "commander";
import { addPoint, addSetting } from "./arguments.ts";
import type { Given } from "./compiler.ts";

/** An option of its own for each command that adds it. */
export const shared = {
  at: () =>
    new Option("--at <values>", "values, as in a=3,b=1 or x=[1, 2], or a JSON file of them (repeatable)").argParser<
      Readonly<Record<string, Given>> | undefined
    >(addPoint),
  set: () =>
    new Option("--set <name=value>", "override a const; Model.name where several have the name (repeatable)").argParser<
      Readonly<Record<string, string>> | undefined
    >(addSetting),
  checkpoint: () =>
    new Option("--checkpoint", "gradients of loops keep every sqrt(T)-th carry of T rounds and compute the rest again"),
  item: (what: string) => new Option("--item <name>", what),
  json: (what = "diagnostics as JSON on standard error") => new Option("--json", what),
} as const;

/** What the shared options give. */
export interface SharedFlags {
  readonly at?: Readonly<Record<string, Given>>;
  readonly set?: Readonly<Record<string, string>>;
  readonly item?: string;
  readonly json?: true;
  readonly checkpoint?: true;
}

/** The values, consts and item that a program is looked at with; what is not given is left out. */
export function programOptions({ at, set, item }: SharedFlags): Pick<SharedFlags, "at" | "set" | "item"> {
  return { ...(at && { at }), ...(set && { set }), ...(item !== undefined && { item }) };
}
