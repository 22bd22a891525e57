/** Items that nothing elaborates: their shapes are unknown, but their names are checked. */
import type { Block, File, Statement } from "../1-parse/ast.ts";
import { announce, define, runBody, runStatement } from "./bodies.ts";
import { newUnit, type Checker } from "./checker.ts";
import { evaluate } from "./expressions.ts";
import { Scope, type Definition, type FileScope, type NamedItem } from "./scope.ts";
import { namesIn } from "./types.ts";
import { faulty } from "./value.ts";

type Template = Exclude<NamedItem, { readonly kind: "const" | "model" }>;

/** Checks the names in functions, layers, initializers and optimizers of a file that no call has elaborated. */
export function checkUnused(c: Checker, scope: FileScope, file: File): void {
  for (const item of file.items) {
    if (item.kind === "import" || item.kind === "derive" || item.kind === "const" || item.kind === "model") continue;
    if (c.elaborated.has(item)) continue;
    c.outside(newUnit(item), () => {
      c.whileUntyped(() => {
        checkNames(c, { item, file: scope });
      });
    });
  }
}

/** Elaborates the body with parameters of which nothing is known: only faults of names remain. */
function checkNames(c: Checker, { item, file }: Definition<Template>): void {
  const body = new Scope({ file, place: item.kind, prefix: null });
  for (const { name, default: preset } of item.parameters) {
    if (preset !== null) evaluate(c, body, preset);
    body.bind(name.text, faulty, name.span);
  }
  for (const { type } of item.parameters) {
    for (const named of type === null ? [] : namesIn(type)) bindNew(body, named);
  }
  if (item.kind === "optimizer") {
    body.bind("step", faulty, item.name.span);
    runUpdates(c, body, item.body);
  } else runBody(c, body, item.body, item.name);
}

function bindNew(
  scope: Scope,
  { name, span }: { readonly name: string; readonly span: Definition["item"]["span"] },
): void {
  if (scope.find(name) === null && !scope.file.items.has(name)) scope.bind(name, faulty, span);
}

function runUpdates(c: Checker, scope: Scope, body: Block): void {
  for (const statement of announce(scope, body)) {
    if (statement.kind === "state" || statement.kind === "next") runUntyped(c, scope, statement);
    else runStatement(c, scope, statement);
  }
}

/** `param`, `state` and `next` where there is no model that could hold them. */
export function runUntyped(
  c: Checker,
  scope: Scope,
  statement: Extract<Statement, { readonly kind: "param" | "state" | "next" }>,
): void {
  if (statement.kind === "next") {
    evaluate(c, scope, statement.value);
    return;
  }
  for (const dim of statement.type?.dims ?? []) evaluate(c, scope, dim);
  const { initial } = statement;
  // A bare name may be an initializer's.
  if (initial !== null && initial.kind !== "name" && initial.kind !== "call") evaluate(c, scope, initial);
  define(c, scope, statement.name, faulty);
}
