/** Which names of a block derivative operators refer to: their definitions become marks. */
import type { Block, Expression } from "../1-parse/ast.ts";
import { childrenOf, type Node as SyntaxNode } from "../1-parse/walk.ts";
import type { Checker } from "./checker.ts";
import { toReal, toTensor } from "./conversions.ts";
import { derivativeOperators, dottedName } from "./names.ts";
import type { Scope } from "./scope.ts";
import { faulty, tensor, type Value } from "./value.ts";
import type { Span } from "../diagnostics/diagnostic.ts";

/** `x[b, 0]`: how an element of a name reads whose subscripts are names and numbers; null for any other expression. */
export function elementKey(e: Expression): string | null {
  if (e.kind !== "subscript") return null;
  const name = dottedName(e.object);
  const places = e.subscripts.map((s) => {
    if (s.kind !== "at") return null;
    return s.index.kind === "name" ? s.index.name : s.index.kind === "number" ? s.index.text : null;
  });
  return name === null || places.includes(null) ? null : `${name.join(".")}[${places.join(", ")}]`;
}

/** Makes known by which elements the derivative operators in the body of index notation differentiate. */
export function announceElements(scope: Scope, body: SyntaxNode): void {
  for (const by of variablesIn(body)) {
    const key = elementKey(by);
    if (by.kind !== "subscript" || key === null || scope.withElement(key) !== null) continue;
    // All its indices are those of this index notation, or of one around it.
    const isInSight = by.subscripts.every((s) => s.kind === "at" && (s.index.kind !== "name" || scope.find(s.index.name) !== null)); // prettier-ignore
    if (isInSight) scope.elements.set(key, null);
  }
}

/** Names, dotted for parameters of layers (`h.W`), by which some derivative operator in the block differentiates. */
export function marksOf(c: Checker, block: Block): ReadonlySet<string> {
  const known = c.marks.get(block);
  if (known !== undefined) return known;
  const names = new Set<string>();
  for (const by of variablesIn(block)) {
    const name = dottedName(by.kind === "subscript" ? by.object : by);
    if (name !== null) names.add(name.join("."));
  }
  c.marks.set(block, names);
  return names;
}

/** What the derivative operators below a node differentiate by, as it is written. */
function* variablesIn(root: SyntaxNode): Generator<Expression> {
  const pending: SyntaxNode[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    pending.push(...childrenOf(node));
    if (!("kind" in node) || node.kind !== "call") continue;
    if (!derivativeOperators.some((operator) => operator === node.callee.text)) continue;
    const by = differentiatedBy(node);
    if (by !== null) yield by;
  }
}

/** The argument `x` of grad(y, x), jvp(y, x, v), ... */
export function differentiatedBy(call: Extract<Expression, { readonly kind: "call" }>): Expression | null {
  const named = call.arguments.find((argument) => argument.name?.text === "x");
  if (named !== undefined) return named.value;
  const second = call.arguments.at(1);
  return second?.name === null ? second.value : null;
}

/** The value that a definition binds to `name`: a mark where a derivative refers to it. */
export function marked(c: Checker, scope: Scope, name: string, value: Value, span: Span): Value {
  const wanted = scope.marks.has(name);
  if (wanted) return markValue(c, name, value, span);
  // Arguments, parameters and other names of a marked value need no mark to be found again.
  const shown =
    c.markAll &&
    !c.insidePrelude &&
    value.kind === "tensor" &&
    value.node.element === "real" &&
    value.node.primitive !== "parameter" &&
    value.node.primitive !== "mark";
  return shown ? markValue(c, name, value, span) : value;
}

/** A mark on the value; numbers and lists become tensors of reals, integers and bools stay what they are. */
export function markValue(c: Checker, name: string, value: Value, span: Span): Value {
  if (value.kind !== "tensor" && value.kind !== "dim" && value.kind !== "list") return value;
  const x = toTensor(c, value, span, `\`${name}\``);
  if (x === null) return faulty;
  if (value.kind === "tensor" && x.node.element !== "real") return value;
  return tensor(c.builder.mark(toReal(c, x.node), name), x.bound);
}
