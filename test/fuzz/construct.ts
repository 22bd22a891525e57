import type { Scope } from "./scope.ts";
import type { Term } from "./terms.ts";

/** One way to make a term of what a scope has; null where nothing there fits. */
export interface Construct {
  readonly name: string;
  /** How often it is tried, relative to the others. */
  readonly weight: number;
  readonly make: (scope: Scope) => Term | null;
  /** Public functions that it calls. */
  readonly calls?: readonly string[];
}

/** Tries constructs until `count` of them have made something. */
export type Grow = (scope: Scope, rows: readonly Construct[], count: number) => void;
