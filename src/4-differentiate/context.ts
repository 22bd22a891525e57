/** What every rule of differentiation needs at hand. */
import type { GraphBuilder } from "../ir/builder.ts";
import { FactTable } from "../ir/facts.ts";
import { Supports } from "./support.ts";

export interface Context {
  readonly b: GraphBuilder;
  /** With open ends attained: what rounding makes infinite (1/sigmoid(-800)) needs its guard. */
  readonly facts: FactTable;
  readonly supports: Supports;
}

/** `body`: for the body of a loop, whose parameters may be infinite. */
export function createContext(b: GraphBuilder, options: { readonly body?: boolean } = {}): Context {
  return { b, facts: new FactTable(b, { ...options, rounded: true }), supports: new Supports(b) };
}
