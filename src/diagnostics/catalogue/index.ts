import { calls } from "./calls.ts";
import { check } from "./check.ts";
import { cli } from "./cli.ts";
import { derivative } from "./derivative.ts";
import { einsum } from "./einsum.ts";
import { explain } from "./explain.ts";
import { internal } from "./internal.ts";
import { kinds } from "./kinds.ts";
import { limits } from "./limits.ts";
import { loops } from "./loops.ts";
import { model } from "./model.ts";
import { names } from "./names.ts";
import { output } from "./output.ts";
import { shapes } from "./shapes.ts";
import { syntax } from "./syntax.ts";

/** The messages by topic. */
export const topics = {
  syntax,
  names,
  kinds,
  shapes,
  einsum,
  calls,
  model,
  derivative,
  limits,
  loops,
  output,
  cli,
  explain,
  check,
  internal,
};

/** Every message of the compiler by code. */
export const catalogue = {
  ...syntax,
  ...names,
  ...kinds,
  ...shapes,
  ...einsum,
  ...calls,
  ...model,
  ...derivative,
  ...limits,
  ...loops,
  ...output,
  ...cli,
  ...explain,
  ...check,
  ...internal,
};

export type Code = keyof typeof catalogue;

/** What the message of a code speaks of. */
export type MessageArgs = {
  readonly [C in Code]: Parameters<(typeof catalogue)[C]["message"]> extends [infer Args]
    ? Args
    : Readonly<Record<string, never>>;
};

/** A code that stands in two topics. The next line does not compile where there is one. */
type Repeated = {
  [T in keyof typeof topics]: keyof (typeof topics)[T] &
    { [U in Exclude<keyof typeof topics, T>]: keyof (typeof topics)[U] }[Exclude<keyof typeof topics, T>];
}[keyof typeof topics];
type Unique<T extends never> = T;
export type RepeatedCodes = Unique<Repeated>;
