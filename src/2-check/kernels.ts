/** Which stored tensors are the kernels of convolutions: their fans count the places of a kernel, as in PyTorch. */
import type { Block, Expression } from "../1-parse/ast.ts";
import { childrenOf, type Node as SyntaxNode } from "../1-parse/walk.ts";
import type { Checker } from "./checker.ts";
import { resolveCallee } from "./names.ts";
import type { FileScope } from "./scope.ts";

type Call = Extract<Expression, { readonly kind: "call" }>;

const convolutions: readonly string[] = ["conv1d", "conv2d"];

/** Whether a block gives the tensor of this name to a convolution as its kernels, itself or by a function that it calls. */
export function isKernel(c: Checker, file: FileScope, block: Block, name: string): boolean {
  return givesAsKernel(c, file, block, name, new Set());
}

/** `entered`: parameters of functions that were looked into already, by item and name. */
function givesAsKernel(c: Checker, file: FileScope, block: Block, name: string, entered: Set<string>): boolean {
  const pending: SyntaxNode[] = [block];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    pending.push(...childrenOf(node));
    if (!("kind" in node) || node.kind !== "call" || !node.arguments.some(({ value }) => isName(value, name))) continue;
    const callee = resolveCallee(c, file, node.callee.text);
    if (callee?.kind === "intrinsic" && convolutions.includes(callee.intrinsic.name)) {
      const parameters = callee.intrinsic.parameters.map((parameter) => parameter.name);
      if (givenTo(node, parameters, name).includes("w")) return true;
    }
    if (callee?.kind !== "item") continue;
    const { item, file: home } = callee.definition;
    if (item.kind !== "fn" && item.kind !== "layer") continue;
    const parameters = item.parameters.map((parameter) => parameter.name.text);
    for (const inner of givenTo(node, parameters, name)) {
      const key = `${item.name.span.source.path} ${item.name.span.start} ${inner}`;
      if (entered.has(key)) continue;
      entered.add(key);
      if (givesAsKernel(c, home, item.body, inner, entered)) return true;
    }
  }
  return false;
}

function isName(e: Expression, name: string): boolean {
  return e.kind === "name" && e.name === name;
}

/** The parameters to which a call gives the tensor of this name. */
function givenTo(call: Call, parameters: readonly string[], name: string): readonly string[] {
  const found: string[] = [];
  let position = 0;
  for (const argument of call.arguments) {
    const parameter = argument.name === null ? parameters.at(position++) : argument.name.text;
    if (parameter !== undefined && isName(argument.value, name)) found.push(parameter);
  }
  return found;
}
