/** What a rewrite rule is. Data only. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Dim } from "../ir/dim.ts";
import type { FactTable } from "../ir/facts.ts";
import type { AnyNode, Node, PrimitiveName } from "../ir/graph.ts";
import type { Views } from "../ir/views.ts";

/**
 * - `exact`: the same bits.
 * - `rounding`: the same number in exact arithmetic; reassociates or uses a more accurate form. A result may become more
 *   defined (a number where there was NaN or an infinity), never less.
 * - `domain`: as `rounding`, where the operands' facts show that the stated condition holds.
 */
export type Soundness = "exact" | "rounding" | { readonly domain: string };

export interface RuleContext {
  readonly b: GraphBuilder;
  /** In exact arithmetic. */
  readonly facts: FactTable;
  /** With open ends attained, as rounding does: what is finite under these facts stays finite when computed. */
  readonly rounded: FactTable;
  /** As `rounded`, where no length that is computed with is 0. */
  readonly nonEmpty: FactTable;
  /** Whether an axis of such a size surely has entries. */
  readonly hasEntries: (size: Dim) => boolean;
  readonly views: Views;
}

/** One named rewrite: a node of one of the primitives `on` becomes another node of the same type, or stays (null). */
export interface Rule {
  readonly name: string;
  /** The law as a formula. */
  readonly law: string;
  readonly soundness: Soundness;
  readonly on: readonly PrimitiveName[];
  readonly apply: (node: AnyNode, context: RuleContext) => Node | null;
}

/** A rule that fired, for `--trace-rewrites`. */
export interface TraceEvent {
  readonly rule: string;
  readonly before: Node;
  readonly after: Node;
}

export interface SimplifyOptions {
  /** For formulas that people read: every axis is taken to have entries. Code must be right without. */
  readonly axesHaveEntries?: boolean;
  /** Names of rules that are switched off. */
  readonly disable?: ReadonlySet<string>;
  readonly trace?: (event: TraceEvent) => void;
  /** How many times rules may fire; by default proportional to the size of the graph. */
  readonly fuel?: number;
  /** Hears when fuel ran out or rules went in a circle. The graph is right still, but not in normal form. */
  readonly onExhausted?: (rule: string) => void;
  /** Hears of each node that another one takes the place of. */
  readonly onReplace?: (from: Node, to: Node) => void;
}
