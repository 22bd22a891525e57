/** What every rule of differentiation needs at hand. */
import type { GraphBuilder } from "../ir/builder.ts";
import { FactTable } from "../ir/facts.ts";
import { Supports } from "./support.ts";

export interface Context {
  readonly b: GraphBuilder;
  readonly facts: FactTable;
  readonly supports: Supports;
}

/** `body`: for the body of a loop, whose parameters may be infinite. */
export function createContext(b: GraphBuilder, options: { readonly body?: boolean } = {}): Context {
  return { b, facts: new FactTable(b, options), supports: new Supports(b) };
}
