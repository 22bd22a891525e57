/** What programs ought to reach: kinds of syntax, public names with their arguments, primitives, rules. */
import { algebraRows } from "../../src/5-simplify/algebra.ts";
import { rules } from "../../src/5-simplify/rules/index.ts";
import type { PrimitiveName } from "../../src/ir/graph.ts";
import { primitives } from "../../src/primitives/index.ts";
import { publicCalls, type NameSpace } from "./signatures.ts";
import type { Detail, Found, SyntaxKind } from "./syntax.ts";

/** What a run has come across, each with the number of programs that hold it. */
export interface Coverage {
  readonly primitives: Map<string, number>;
  readonly rules: Map<string, number>;
  readonly syntax: Map<string, number>;
  readonly calls: Map<string, number>;
  /** How the programs were judged. */
  readonly ways: Map<string, number>;
}

export function emptyCoverage(): Coverage {
  return { primitives: new Map(), rules: new Map(), syntax: new Map(), calls: new Map(), ways: new Map() };
}

export function count(into: Map<string, number>, names: Iterable<string>): void {
  for (const name of names) into.set(name, (into.get(name) ?? 0) + 1);
}

export function noteSyntax(coverage: Coverage, found: readonly Found[]): void {
  count(coverage.syntax, new Set(found.flatMap(({ syntax }) => [...syntax])));
  count(coverage.calls, new Set(found.flatMap(({ calls }) => [...calls])));
}

/** Why nothing is generated; null where it is. */
type Missing = string | null;

const syntax: Readonly<Record<SyntaxKind | Detail, Missing>> = {
  "item import": null,
  "item const": null,
  "item fn": null,
  "item layer": null,
  "item initializer": null,
  "item optimizer": null,
  "item model": null,
  "item derive": null,
  "statement let": null,
  "statement return": null,
  "statement const": null,
  "statement hyper": null,
  "statement input": null,
  "statement target": null,
  "statement param": null,
  "statement state": null,
  "statement next": null,
  "statement use": null,
  "statement output": null,
  "statement loss": null,
  "statement metric": null,
  "statement train": null,
  "expression number": null,
  "expression constant": null,
  "expression text": null,
  "expression name": null,
  "expression group": null,
  "expression unary": null,
  "expression binary": null,
  "expression call": null,
  "expression member": null,
  "expression subscript": null,
  "expression list": null,
  "expression map": null,
  "expression if": null,
  "expression for": null,
  "expression scan": null,
  "expression while": null,
  "expression repeat": null,
  "subscript at": null,
  "subscript slice": null,
  "unary -": null,
  "unary not": null,
  "binary or": null,
  "binary and": null,
  "binary ==": null,
  "binary !=": null,
  "binary <": null,
  "binary <=": null,
  "binary >": null,
  "binary >=": null,
  "binary +": null,
  "binary -": null,
  "binary *": null,
  "binary /": null,
  "binary @": null,
  "binary ^": null,
  "type real": null,
  "type index": null,
  "type bool": null,
  "constant true": null,
  "constant false": null,
  "constant inf": null,
  "constant nan": null,
  "constant pi": null,
  "comment line": null,
  "comment block": null,
  "comment doc": null,
  "import as": null,
  "several imports": null,
  "doc comment": null,
  "body of one expression": null,
  "body of statements": null,
  "parameter without a type": null,
  "parameter with a default": null,
  "parameter with a type and a default": null,
  "leading dims": null,
  "leading dims alone": null,
  "dims computed": null,
  "derive with shapes": null,
  "derive by some names": null,
  "derive none": null,
  "derive value": null,
  "derive gradient": null,
  "derive jvp": null,
  "derive jacobian": null,
  "derive hessian": null,
  "derive hvp": null,
  "derive sparse_jacobian": null,
  "derive sparse_hessian": null,
  "operator grad": null,
  "operator jvp": null,
  "operator jacobian": null,
  "operator hessian": null,
  "operator hvp": null,
  "operator by a member": null,
  "several targets": null,
  "discarded target": null,
  "several results": null,
  frozen: null,
  "param without initial value": null,
  "param with an expression": null,
  "state with a type": null,
  "output of a name": null,
  "named loss": null,
  "named argument": null,
  "slice from": null,
  "slice to": null,
  "slice step": null,
  "slice by a dim": null,
  "several subscripts": null,
  "subscript by a list": null,
  "nested list": null,
  "several carries": null,
  "definitions in a loop": null,
  "loop in a loop": null,
  "number with a point in front": null,
  "number with a point behind": null,
  "number with _": null,
  "number with an exponent": null,
  "if as an operand": null,
  "if in a condition": null,
  "keyword as a name": null,
  "name that is not ASCII": null,
};

/** Public names, and arguments as `var(ddof)`, that no program has. */
const calls: Readonly<Record<string, string>> = {};

const waiting: Readonly<Partial<Record<PrimitiveName, string>>> = {};

const spaces: readonly NameSpace[] = ["functions", "initializers", "optimizers"];

/** A table of what is to be met, and what of it stands aside with a reason. */
interface Wanted {
  readonly all: readonly string[];
  readonly aside: Readonly<Partial<Record<string, Missing>>>;
}

const allRules = [...rules, ...algebraRows].map(({ name }) => name);
/** Rules that fire in more than one of twenty programs. */
export const everyday: ReadonlySet<string> = new Set(["fold-constants", "collect-terms", "sink-broadcast", "reshape-of-reshape", "add-zero", "negated-factor", "negated-operand", "reduction-of-reduction", "multiply-reciprocal", "sum-of-broadcast", "constant-first", "multiply-one", "sum-of-multiple", "decided-select", "divide-one", "convert-constant", "negated-constant", "broadcast-of-broadcast", "equal-branches", "double-negation", "negated-condition", "decided-condition"]); // prettier-ignore

const unfired: Readonly<Record<string, string>> = {
  "trivial-concat": "the checker makes no concat of one tensor",
  "sum-of-zeros": "sum-of-broadcast comes first",
};
const ways = ["f64 straight", "f64 looped", "f32 straight", "f32 looped", "f64 wasm", "f32 wasm", "determinism", "settings", "differences", "plain numbers", "special numbers", "wild numbers", "a length of 0"]; // prettier-ignore

export const wanted: Readonly<Record<keyof Coverage, Wanted>> = {
  syntax: { all: Object.keys(syntax), aside: syntax },
  calls: { all: spaces.flatMap((space) => publicCalls(space)), aside: calls },
  primitives: { all: Object.keys(primitives), aside: waiting },
  rules: { all: allRules, aside: unfired },
  ways: {
    all: [...ways, ...allRules.filter((name) => !(name in unfired)).map((name) => `without ${name}`)],
    aside: {},
  },
};

/** What a run has not come across, though it could. */
export function never(kind: keyof Coverage, met: Coverage): readonly string[] {
  const { all, aside } = wanted[kind];
  return all.filter((name) => !met[kind].has(name) && typeof aside[name] !== "string");
}

/** What stands aside with a reason, and was come across all the same. */
export function stale(kind: keyof Coverage, met: Coverage): readonly string[] {
  const { all, aside } = wanted[kind];
  return all.filter((name) => met[kind].has(name) && typeof aside[name] === "string");
}
