/** The limit on nesting: before parsing on the tokens, after it on the tree. */
import { fault } from "./fault.ts";
import { childrenOf } from "./walk.ts";
import type { Expression, Item } from "./ast.ts";
import type { Diagnostic, Source } from "../diagnostics/diagnostic.ts";
import type { Node } from "./walk.ts";
import type { Token } from "./tokens.ts";

/** How deep brackets, `if`s and loops of an item may stand inside each other. */
export const nestingLimit = 200;
/** A loop in the head of a loop (not in its body) weighs more, for it costs the parser more. */
const headWeight = 4;
const help = "name inner parts in statements of their own";

/**
 * Refuses tokens[start, end) when brackets, conditions of `if` or heads of loops nest more than `nestingLimit` deep. The braces of the
 * item itself do not count.
 */
export function tokensTooDeep(source: Source, tokens: readonly Token[], start: number, end: number): Diagnostic | null {
  const open: { readonly kind: "bracket" | "if" | "head"; readonly weight: number }[] = [];
  let depth = 0;
  /** The next brace outside of brackets is the item's own. */
  let ownBrace = true;
  const push = (kind: "bracket" | "if" | "head", weight: number): void => {
    open.push({ kind, weight });
    depth += weight;
  };
  const pop = (): void => {
    depth -= open.pop()?.weight ?? 0;
  };
  let signs = 0;
  for (let index = start; index < end; index++) {
    const token = tokens[index];
    const { text } = token;
    // Signs in front of one another nest without brackets.
    signs = text === "-" || text === "not" ? signs + 1 : 0;
    if (token.kind === "operator") {
      if (text === "{" && open.at(-1)?.kind === "head") pop();
      if (text === "(" || text === "[" || text === "{") {
        push("bracket", text === "{" && ownBrace && open.length === 0 ? 0 : 1);
      } else if (text === ")" || text === "]" || text === "}") {
        while (open.length > 0 && open.at(-1)?.kind !== "bracket") pop();
        pop();
      }
      if ((text === "=" || text === "{") && open.length <= 1) ownBrace = false;
    } else if (token.kind === "word") {
      if (text === "if") push("if", 1);
      else if (text === "else" && open.at(-1)?.kind === "if") pop();
      else if (isLoop(token, tokens.at(index + 1))) push("head", open.at(-1)?.kind === "head" ? headWeight : 1);
    }
    if (depth > nestingLimit || signs > nestingLimit + 1) {
      return fault("nesting-too-deep", { source, start: token.start, end: token.end }, [{ limit: nestingLimit }], help);
    }
  }
  return null;
}

function isLoop(token: Token, next: Token | undefined): boolean {
  if (token.text === "repeat") return next?.text !== "(";
  return token.text === "for" || token.text === "scan" || token.text === "while";
}

/**
 * Refuses a tree in which more than `nestingLimit` constructs stand inside each other. Chains that need no brackets count by their links
 * where the tree is deep in them (`a ^ b ^ c`, `- - x`, `x.T.T`, `else if`); the left spine of `a + b + c` does not count, since every pass
 * walks it with `leftSpine`.
 */
export function treeTooDeep(item: Item): Diagnostic | null {
  const stack: { readonly node: Node; readonly depth: number }[] = [{ node: item, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, depth } = top;
    if (depth > nestingLimit && "span" in node) {
      return fault("nesting-too-deep", node.span, [{ limit: nestingLimit }], help);
    }
    for (const child of childrenOf(node)) stack.push({ node: child, depth: depth + weight(node, child) });
  }
  return null;
}

function weight(parent: Node, child: Node): number {
  if (!("kind" in parent)) return 0;
  switch (parent.kind) {
    case "group":
    case "list":
    case "if":
    case "map":
    case "for":
    case "scan":
    case "while":
    case "repeat":
    case "call":
      return 1;
    case "subscript":
      return child === parent.object && !isPostfix(parent.object) ? 0 : 1;
    case "member":
      return isPostfix(parent.object) ? 1 : 0;
    case "unary":
      return parent.operand.kind === "unary" ? 1 : 0;
    case "binary":
      return parent.operator === "^" && child === parent.right && parent.right.kind === "binary" ? 1 : 0;
    default:
      return 0;
  }
}

function isPostfix(expression: Expression): boolean {
  return expression.kind === "member" || expression.kind === "subscript";
}
