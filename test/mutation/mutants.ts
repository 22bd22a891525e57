/**
 * Mutants of the compiler's rules: a sign flipped, a term dropped or operands swapped, one at a time.
 *
 * All mutants of a file live in one instrumented text, in which each place that has any asks which is active. The text
 * runs as the file itself while none is.
 */
import ts from "typescript";

export interface Mutant {
  readonly id: number;
  readonly path: string;
  readonly line: number;
  /** The rule or function it is in. */
  readonly within: string;
  readonly original: string;
  readonly replacement: string;
}

export interface Instrumented {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

/** Instruments a file; ids count from `firstId`. */
export function instrument(path: string, text: string, firstId: number): Instrumented {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const dimNames = namesFromDims(file);
  const mutants: Mutant[] = [];
  const write = (node: ts.Node): string => {
    const start = node.getStart(file);
    let out = "";
    let at = start;
    node.forEachChild((child) => {
      const from = child.getStart(file);
      // Names of members and types hold nothing to evaluate.
      const own = ts.isTypeNode(child) ? text.slice(from, child.end) : write(child);
      out += text.slice(at, from) + own;
      at = child.end;
    });
    out += text.slice(at, node.end);
    if (!ts.isExpression(node) || !isEvaluated(node)) return out;
    const replacements = [...new Set(replacementsOf(node, file, dimNames))];
    for (const replacement of replacements) {
      const id = firstId + mutants.length;
      const { line } = file.getLineAndCharacterOfPosition(start);
      const original = text.slice(start, node.end);
      mutants.push({ id, path, line: line + 1, within: placeOf(node, file), original, replacement });
      out = `($mutant(${String(id)}) ? ${replacement} : ${out})`;
    }
    return out;
  };
  const body = write(file);
  const leading = text.slice(0, file.getStart(file));
  return { text: `const $mutant = globalThis.$mutant ?? (() => false);\n${leading}${body}`, mutants };
}

/** Texts to put in the place of an expression. */
function replacementsOf(node: ts.Expression, file: ts.SourceFile, dimNames: ReadonlySet<string>): readonly string[] {
  if (ts.isCallExpression(node)) return ofCall(node, file, dimNames);
  if (ts.isBinaryExpression(node)) return ofBinary(node, file);
  if (ts.isConditionalExpression(node)) {
    return [`(${t(node.condition, file)}) ? (${t(node.whenFalse, file)}) : (${t(node.whenTrue, file)})`];
  }
  if (ts.isPrefixUnaryExpression(node)) {
    const isSign = node.operator === ts.SyntaxKind.MinusToken || node.operator === ts.SyntaxKind.ExclamationToken;
    return isSign ? [t(node.operand, file)] : [];
  }
  return [];
}

const builders: Readonly<Record<string, readonly ("flip" | "first" | "second" | "swap" | "swapLast")[]>> = {
  add: ["flip", "first"],
  sub: ["flip", "first", "swap"],
  subtract: ["flip", "first", "swap"],
  mul: ["first", "second"],
  multiply: ["first", "second"],
  div: ["first", "swap"],
  floorDivide: ["first"],
  neg: ["first"],
  negate: ["first"],
  not: ["first"],
  max: ["flip"],
  min: ["flip"],
  less: ["swap"],
  lessEqual: ["swap"],
  pow: ["swap"],
  powInt: ["first"],
  select: ["swapLast"],
  and: ["first"],
  or: ["first"],
  conditional: ["swapLast"],
  unary: ["second"],
  binary: ["second", "swapLast"],
};

const flipped: Readonly<Record<string, string>> = {
  add: "sub", sub: "add", subtract: "add", max: "min", min: "max",
  "+": "-", "-": "+", "*": "/", "/": "*", "<": ">=", "<=": ">", "===": "!==", "!==": "===", "&&": "||", "||": "&&",
  "Math.max": "Math.min", "Math.min": "Math.max", "+=": "-=", "*=": "/=", maximum: "minimum", minimum: "maximum",
}; // prettier-ignore

/** Calls that build graphs (`e.add(b, x, y)`), dims (`dims.add(m, n)`) or code (`ts.binary("+", x, y)`). */
function ofCall(node: ts.CallExpression, file: ts.SourceFile, dimNames: ReadonlySet<string>): readonly string[] {
  const callee = t(node.expression, file);
  const [scope, name] = callee.includes(".") ? (callee.split(".").slice(-2) as [string, string]) : ["", callee];
  const kinds = Object.hasOwn(builders, name) ? builders[name] : [];
  const args = node.arguments.map((a) => t(a, file));
  const isDim = scope === "dims" || (scope === "" && dimNames.has(name));
  const isCode = scope === "ts";
  const isGraph = /^(b|builder)$|\.(b|builder)$/.test(args[0] ?? "");
  if (kinds.length === 0 || !(isDim || isCode || isGraph)) return isCode ? literalFlips(node, callee, file) : [];
  const operands = isDim ? args : args.slice(1);
  const head = isDim ? [] : [args[0]];
  const call = (list: readonly string[], by = callee): string => `${by}(${[...head, ...list].join(", ")})`;
  const [x, y, ...rest] = operands;
  const results = kinds.map((kind): string => {
    switch (kind) {
      case "flip":
        return call(operands, callee.replace(/\w+$/, isDim && name === "add" ? "subtract" : flipped[name]));
      case "first":
        // A number alone is no node: the other operand stays.
        return isCode ? x : /^-?[\d.]/.test(x) && operands.length > 1 ? y : x;
      case "second":
        return isCode ? x : y;
      case "swap":
        return call([y, x, ...rest]);
      case "swapLast":
        return call([...operands.slice(0, -2), ...operands.slice(-2).reverse()]);
    }
  });
  const isSymmetric = isCode && /^"(\+|\*|===|!==|&&|\|\|)"$/.test(args[0]);
  return [...results.filter((_, k) => !(isSymmetric && kinds[k] === "swapLast")), ...(isCode ? literalFlips(node, callee, file) : [])]; // prettier-ignore
}

/** Functions of dims that a file imports by name. */
function namesFromDims(file: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const s of file.statements) {
    if (!ts.isImportDeclaration(s) || !/\/dim\.ts"$/.test(s.moduleSpecifier.getText(file))) continue;
    const bindings = s.importClause?.namedBindings;
    if (bindings !== undefined && ts.isNamedImports(bindings))
      for (const e of bindings.elements) names.add(e.name.text);
  }
  return names;
}

/** `ts.binary("+", x, y)` with the operator flipped. */
function literalFlips(node: ts.CallExpression, callee: string, file: ts.SourceFile): readonly string[] {
  return node.arguments.flatMap((argument, k) => {
    if (!ts.isStringLiteral(argument) || !Object.hasOwn(flipped, argument.text)) return [];
    const args = node.arguments.map((a, n) => (n === k ? JSON.stringify(flipped[argument.text]) : t(a, file)));
    return [`${callee}(${args.join(", ")})`];
  });
}

function ofBinary(node: ts.BinaryExpression, file: ts.SourceFile): readonly string[] {
  const [left, right] = [t(node.left, file), t(node.right, file)];
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.PlusToken:
      return ts.isStringLiteralLike(node.left) || ts.isStringLiteralLike(node.right) ? [] : [`(${left}) - (${right})`, left]; // prettier-ignore
    case ts.SyntaxKind.MinusToken:
      return [`(${left}) + (${right})`, left];
    case ts.SyntaxKind.AsteriskToken:
      return [left];
    case ts.SyntaxKind.SlashToken:
      return [left, `(${right}) / (${left})`];
    default:
      return [];
  }
}

function t(node: ts.Node, file: ts.SourceFile): string {
  return node.getText(file);
}

/** Messages are not rules, and the left of an assignment is no value. */
function isEvaluated(node: ts.Node): boolean {
  for (let n = node; !ts.isSourceFile(n); n = n.parent) {
    if (ts.isThrowStatement(n) || ts.isTemplateExpression(n)) return false;
    if (ts.isBinaryExpression(n.parent) && n.parent.left === n && n.parent.operatorToken.kind === ts.SyntaxKind.EqualsToken) return false; // prettier-ignore
    if (ts.isFunctionLike(n)) return true;
  }
  // What is evaluated when the file is loaded, before a mutant is chosen.
  return false;
}

/** The rule's or the function's name, for people and for the list of equivalent mutants. */
function placeOf(node: ts.Node, file: ts.SourceFile): string {
  const names: string[] = [];
  for (let n = node; !ts.isSourceFile(n); n = n.parent) {
    if (ts.isObjectLiteralExpression(n)) {
      const name = n.properties.find((p) => ts.isPropertyAssignment(p) && p.name.getText(file) === "name");
      if (name !== undefined && ts.isPropertyAssignment(name) && ts.isStringLiteral(name.initializer)) names.unshift(name.initializer.text); // prettier-ignore
    } else if (
      (ts.isFunctionDeclaration(n) ||
        ts.isMethodDeclaration(n) ||
        ts.isPropertyAssignment(n) ||
        ts.isVariableDeclaration(n)) &&
      n.name !== undefined
    ) {
      names.unshift(n.name.getText(file));
    } else if (ts.isCaseClause(n)) {
      names.unshift(n.expression.getText(file));
    }
  }
  return [...new Set(names)].slice(0, 4).join(" > ");
}
