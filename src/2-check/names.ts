/** What names stand for: in the block, in the file, in the prelude. */
import type { Expression, InitializerItem, OptimizerItem } from "../1-parse/ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Checker } from "./checker.ts";
import { constValue } from "./constants.ts";
import { publicNames } from "./intrinsics/public.ts";
import type { Intrinsic } from "./intrinsics/intrinsic.ts";
import type { Definition, FileScope, NamedItem, Scope } from "./scope.ts";
import { faulty, tensor, type Value } from "./value.ts";

/** Operators that differentiate; they read like functions. */
export const derivativeOperators = ["grad", "jvp", "jacobian", "hessian", "hvp"] as const;
export type DerivativeOperator = (typeof derivativeOperators)[number];

const publicFunctions: ReadonlySet<string> = new Set(publicNames.functions);
const publicInitializers: ReadonlySet<string> = new Set(publicNames.initializers);
const publicOptimizers: ReadonlySet<string> = new Set(publicNames.optimizers);

export type Callee =
  | { readonly kind: "item"; readonly definition: Definition }
  | { readonly kind: "intrinsic"; readonly intrinsic: Intrinsic }
  | { readonly kind: "derivative"; readonly operator: DerivativeOperator };

/** What a call of `name` in this file calls; null where nothing is named so. */
export function resolveCallee(c: Checker, file: FileScope, name: string): Callee | null {
  const own = file.items.get(name);
  if (own !== undefined) return { kind: "item", definition: own };
  const operator = derivativeOperators.find((known) => known === name);
  if (operator !== undefined) return { kind: "derivative", operator };
  if (!file.prelude && !publicFunctions.has(name)) return null;
  const shared = c.prelude.items.get(name);
  if (shared !== undefined) return { kind: "item", definition: shared };
  const intrinsic = c.intrinsics.get(name);
  return intrinsic === undefined ? null : { kind: "intrinsic", intrinsic };
}

export function resolveInitializer(c: Checker, file: FileScope, name: string): Definition<InitializerItem> | null {
  const own = file.initializers.get(name);
  if (own !== undefined || file.prelude) return own ?? null;
  return publicInitializers.has(name) ? (c.prelude.initializers.get(name) ?? null) : null;
}

export function resolveOptimizer(c: Checker, file: FileScope, name: string): Definition<OptimizerItem> | null {
  const own = file.optimizers.get(name);
  if (own !== undefined || file.prelude) return own ?? null;
  return publicOptimizers.has(name) ? (c.prelude.optimizers.get(name) ?? null) : null;
}

/** Names that may stand for a call, an initializer or an optimizer: for suggestions. */
export function candidates(file: FileScope, what: "functions" | "initializers" | "optimizers"): readonly string[] {
  switch (what) {
    case "functions":
      return [...callableNames(file), ...publicNames.functions, ...derivativeOperators];
    case "initializers":
      return [...file.initializers.keys(), ...publicNames.initializers];
    case "optimizers":
      return [...file.optimizers.keys(), ...publicNames.optimizers];
  }
}

function callableNames(file: FileScope): string[] {
  return [...file.items].filter(([, { item }]) => item.kind === "fn" || item.kind === "layer").map(([name]) => name);
}

/** "a function", "a model". */
export function itemKind(item: NamedItem): string {
  const words: Record<NamedItem["kind"], string> = {
    const: "a const",
    fn: "a function",
    layer: "a layer",
    initializer: "an initializer",
    optimizer: "an optimizer",
    model: "a model",
  };
  return words[item.kind];
}

/** The value of a name in an expression. */
export function nameValue(c: Checker, scope: Scope, name: string, span: Span): Value {
  const binding = scope.find(name);
  if (binding !== null) {
    if (binding.instance !== null) {
      return c.fault("not-a-value", { name, found: "a layer that is used by calling it" }, span, {
        help: `write \`${name}(x)\``,
      });
    }
    return binding.value;
  }
  const later = scope.findLater(name);
  if (later !== null && !scope.file.items.has(name)) {
    return c.fault("used-before-definition", { name }, span, {
      related: [{ span: later, label: `\`${name}\` is defined here` }],
    });
  }
  const definition = scope.file.items.get(name);
  if (definition?.item.kind === "const") return constValue(c, definition.file, definition.item);
  if (name === "all") return { kind: "all" };
  if (isBroken(scope.file, name)) return faulty;
  const callee = resolveCallee(c, scope.file, name);
  if (callee !== null) return notAValue(c, name, callee, span);
  if (scope.file.initializers.has(name) || publicInitializers.has(name)) {
    return c.fault("not-a-value", { name, found: "an initializer" }, span, {
      help: "it stands after `param w: [n] =`",
    });
  }
  if (scope.file.optimizers.has(name) || publicOptimizers.has(name)) {
    return c.fault("not-a-value", { name, found: "an optimizer" }, span, { help: "it stands after `train`" });
  }
  return c.fault("unknown-name", { name }, span, { help: didYouMean(name, nearby(scope)) });
}

function notAValue(c: Checker, name: string, callee: Callee, span: Span): Value {
  const found = callee.kind === "item" ? itemKind(callee.definition.item) : "a function";
  const callable = callee.kind !== "item" || callee.definition.item.kind !== "model";
  return c.fault("not-a-value", { name, found }, span, { help: callable ? `call it: \`${name}(...)\`` : null });
}

function* nearby(scope: Scope): Iterable<string> {
  yield* scope.visible();
  // Each unknown name asks again: in a file of thousands of items, each of them with a fault, that adds up.
  let seen = 0;
  for (const [name, { item }] of scope.file.items) {
    if (item.kind === "const") yield name;
    if (++seen === 1000) return;
  }
}

/** True for the name of an item with a syntax error: what refers to it stays silent. */
export function isBroken(file: FileScope, name: string): boolean {
  return file.broken.has(name);
}

/** `h.fc.W` as ["h", "fc", "W"]; null where anything but names and members stands in it. */
export function dottedName(e: Expression): readonly string[] | null {
  const parts: string[] = [];
  let at = e;
  for (;;) {
    if (at.kind === "group") at = at.body;
    else if (at.kind === "member") {
      parts.push(at.member.text);
      at = at.object;
    } else if (at.kind === "name") return [at.name, ...parts.reverse()];
    else return null;
  }
}

/** The parameter that `h.W` names: null where `h` is no definition that holds parameters, or holds none of this name. */
export function memberOf(c: Checker, scope: Scope, e: Extract<Expression, { readonly kind: "member" }>): Value | null {
  const parts = dottedName(e);
  const model = c.unit.model;
  if (parts === null || model === null) return null;
  const [root, ...rest] = parts;
  const binding = scope.find(root);
  const path = binding?.path ?? null;
  if (binding === null || path === null) return null;
  const full = [path, ...rest].join(".");
  const parameter = model.parameters.get(full);
  if (parameter !== undefined) return parameter.value;
  const state = model.states.get(full);
  if (state !== undefined) return tensor(state.node);
  if (model.faultyPaths.has(full) || (binding.instance === null && binding.value.kind === "faulty")) return faulty;
  const children = [...model.parameters.keys(), ...model.states.keys()].filter((known) => known.startsWith(`${path}.`));
  if (e.member.text === "T" || children.length === 0) return null;
  const names = children.map((known) => `${root}${known.slice(path.length)}`);
  const nearest = didYouMean(parts.join("."), names);
  return c.fault("unknown-member", { object: parts.slice(0, -1).join("."), member: e.member.text }, e.member.span, {
    help: nearest ?? `there are ${names.map((name) => `\`${name}\``).join(", ")}`,
  });
}
