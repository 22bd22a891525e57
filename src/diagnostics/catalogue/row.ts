import type { Severity } from "../diagnostic.ts";

/** One message of the catalogue. */
export interface Row {
  readonly severity: Severity;
  readonly message: (...args: never[]) => string;
}

/** Messages by code (kebab-case). */
export type Catalogue = Readonly<Record<string, Row>>;
