/** Numbers that are written larger than the arrays of a program can hold. */
import type { Expression, File, Item } from "../1-parse/ast.ts";
import { childrenOf, leftSpine, type Node } from "../1-parse/walk.ts";
import type { CheckedFile } from "./checked.ts";
import type { Checker } from "./checker.ts";

/** The largest finite f32. */
const largest = (2 - 2 ** -23) * 2 ** 127;

/**
 * Reports each number of the file that single precision makes infinite. Exported functions of plain numbers are left out: they compute
 * with doubles, whatever the precision of arrays.
 */
export function checkLiterals(c: Checker, file: File, { functions }: CheckedFile): void {
  const plain = new Set(
    functions
      .filter((f) => [...f.inputs, ...f.results].every(({ node }) => node.shape.length === 0))
      .map(({ name }) => name),
  );
  for (const item of file.items) {
    if (item.kind === "fn" && plain.has(item.name.text)) continue;
    for (const { text, value, span } of numbersIn(item)) {
      if (value > largest) c.fault("number-too-large-for-precision", { text, precision: "f32" }, span);
    }
  }
}

/** Spines are walked in a loop; what else nests is bounded by the nesting limit. */
function numbersIn(node: Item | Node): readonly (Expression & { readonly kind: "number" })[] {
  if (!("kind" in node)) return childrenOf(node).flatMap(numbersIn);
  if (node.kind === "number") return [node];
  if (node.kind !== "binary") return childrenOf(node).flatMap(numbersIn);
  const { first, links } = leftSpine(node);
  return [...numbersIn(first), ...links.flatMap(({ right }) => numbersIn(right))];
}
