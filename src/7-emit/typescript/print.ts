/**
 * Prints the syntax tree as prettier would wherever its lines fit the width; prettier lays out the rest.
 * Nothing of the user's program reaches the text but as identifiers, numbers, escaped strings and escaped comments.
 */
import { printable } from "../../diagnostics/cells.ts";
import { binary, number } from "./syntax.ts";
import type {
  FunctionDeclaration,
  InterfaceDeclaration,
  BinaryOperator,
  Expression,
  Member,
  Parameter,
  Statement,
} from "./syntax.ts";

const precedences: Readonly<Record<BinaryOperator, number>> = {
  "??": 3, "||": 3, "&&": 4, "|": 5, "&": 7, "===": 8, "!==": 8, "<": 9, "<=": 9, ">": 9, ">=": 9, in: 9,
  instanceof: 9, "<<": 10, ">>": 10, ">>>": 10, "+": 11, "-": 11, "*": 12, "/": 12, "%": 12,
}; // prettier-ignore
/** Prettier's print width. */
export const lineWidth = 120;
const ofAssign = 1;
const ofConditional = 2;
const ofRelation = 9;
const ofUnary = 14;
const ofMember = 17;
const ofPrimary = 20;

/** The text of a list of statements, each on lines of its own. */
export function printStatements(statements: readonly Statement[], indent = ""): string {
  return statements.map((s) => printStatement(s, indent)).join("\n");
}

function printStatement(s: Statement, indent: string): string {
  const inner = `${indent}  `;
  const block = (body: readonly Statement[]): string =>
    body.length === 0 ? "{}" : `{\n${printStatements(body, inner)}\n${indent}}`;
  switch (s.kind) {
    case "const":
    case "let": {
      const type = s.type === null ? "" : `: ${s.type}`;
      const value = s.value === null ? "" : ` = ${print(s.value, ofAssign)}`;
      const head = `${s.exported === true ? "export " : ""}${s.declared === true ? "declare " : ""}${s.kind}`;
      if (s.value?.kind === "call") return printCall(`${head} ${s.name}${type} = `, s.value, indent);
      return `${indent}${head} ${s.name}${type}${value};`;
    }
    case "expression":
      return printCall("", s.value, indent);
    case "return":
      return s.value === null ? `${indent}return;` : `${indent}return ${print(s.value, 0)};`;
    case "throw":
      return `${indent}throw ${print(s.value, 0)};`;
    case "if": {
      const otherwise = s.else === null ? "" : ` else ${block(s.else)}`;
      return `${indent}if (${print(s.condition, 0)}) ${block(s.then)}${otherwise}`;
    }
    case "for": {
      const step = s.step === 1 ? `${s.variable}++` : `${s.variable} += ${s.step}`;
      const head = `let ${s.variable} = ${print(s.from, ofAssign)}; ${s.variable} < ${print(s.to, 10)}; ${step}`;
      const last = print(binary("-", s.to, number(1)), ofAssign);
      const down = `let ${s.variable} = ${last}; ${s.variable} >= ${print(s.from, 10)}; ${s.variable}--`;
      return `${indent}for (${s.down === true ? down : head}) ${block(s.body)}`;
    }
    case "break":
      return `${indent}break;`;
    case "forOf":
      return `${indent}for (const ${s.variable} of ${print(s.of, ofAssign)}) ${block(s.body)}`;
    case "comment":
      return printComment(s.text, indent);
    case "blank":
      return "";
    case "raw":
      return s.text;
    case "function": {
      const doc = printDoc(s.doc, indent);
      const result = s.result === null ? "" : `: ${s.result}`;
      const opening = `${s.exported === true ? "export " : ""}${s.declared === true ? "declare " : ""}function ${s.name}(`;
      const parameters = s.parameters.map(printParameter);
      const flat = `${opening}${parameters.join(", ")})${result}`;
      const end = s.declared === true ? ";" : s.body.length === 0 ? " {}" : " {";
      const head =
        fits(flat + end, indent) || parameters.length < 2
          ? flat
          : `${opening}\n${broken(parameters, indent)})${result}`;
      const more = printExport("", s);
      if (s.declared === true) return `${doc}${indent}${head};${more}`;
      return `${doc}${indent}${head} ${block(s.body)}${more}`;
    }
    case "interface": {
      const members = s.members.map((m) => `${printDoc(m.doc, inner)}${inner}${m.text};`).join("\n");
      const heritage = s.extends === null ? "" : ` extends ${s.extends}`;
      return `${printDoc(s.doc, indent)}${indent}${s.exported === true ? "export " : ""}interface ${s.name}${heritage} {\n${members}\n${indent}}${printExport("type ", s)}`;
    }
  }
}

/** The export of a declaration under another name, on a line of its own. */
function printExport(type: "" | "type ", { exported, name }: FunctionDeclaration | InterfaceDeclaration): string {
  return typeof exported === "string" ? `\nexport ${type}{ ${name} as ${exported} };` : "";
}

/** Comment lines; whatever could end a line in JavaScript ends a comment line here. */
function printComment(text: string, indent: string): string {
  return lines(text)
    .map((line) => `${indent}// ${line}`.trimEnd())
    .join("\n");
}

function printDoc(doc: readonly string[], indent: string): string {
  const all = doc.flatMap(lines).map((line) => line.replaceAll("*/", "*\\/"));
  if (all.length === 0) return "";
  if (all.length === 1) return `${indent}/** ${all[0]} */\n`;
  return `${indent}/**\n${all.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

/** What steers a terminal, or reorders text on a screen so that code is read for a comment, is written out. */
function lines(text: string): readonly string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => printable(line.replaceAll("\t", "  ")));
}

function printParameters(parameters: readonly Parameter[]): string {
  return parameters.map(printParameter).join(", ");
}

function printParameter(p: Parameter): string {
  const type = p.type === null ? "" : `${p.optional === true ? "?" : ""}: ${p.type}`;
  const value = p.default === undefined ? "" : ` = ${print(p.default, ofAssign)}`;
  return `${p.name}${type}${value}`;
}

function fits(line: string, indent: string): boolean {
  return indent.length + line.length <= lineWidth;
}

/** A list that does not fit its line: an entry a line, each with a comma. */
function broken(entries: readonly string[], indent: string): string {
  return `${entries.map((entry) => `${indent}  ${entry},\n`).join("")}${indent}`;
}

/** A statement that is a call: its arguments stand on lines of their own where one line is too short. */
function printCall(before: string, e: Expression, indent: string): string {
  const flat = `${before}${print(e, 0)};`;
  if (fits(flat, indent) || e.kind !== "call" || e.arguments.length < 2) return indent + flat;
  if (e.arguments.some((a) => a.kind === "object" || a.kind === "arrow")) return indent + flat;
  const args = e.arguments.map((a) => print(a, ofAssign));
  return `${indent}${before}${print(e.callee, ofMember)}(\n${broken(args, indent)});`;
}

/** The text of an expression. */
export function printExpression(e: Expression): string {
  return print(e, 0);
}

function print(e: Expression, outer: number): string {
  return outer > 0 && precedenceOf(e) < outer ? `(${printBare(e)})` : printBare(e);
}

function precedenceOf(e: Expression): number {
  switch (e.kind) {
    case "name":
    case "string":
    case "boolean":
    case "array":
    case "object":
      return ofPrimary;
    case "number":
      return e.value < 0 || Object.is(e.value, -0) ? ofUnary : ofPrimary;
    case "call":
    case "new":
    case "member":
    case "element":
      return ofMember;
    case "unary":
      return ofUnary;
    case "binary":
      return precedences[e.operator];
    case "as":
      return ofRelation;
    case "conditional":
      return ofConditional;
    case "assign":
    case "arrow":
      return ofAssign;
    case "spread":
    case "raw":
      return 0;
  }
}

function printBare(e: Expression): string {
  switch (e.kind) {
    case "name":
      return e.name;
    case "number":
      return printNumber(e.value);
    case "string":
      return printString(e.value);
    case "boolean":
      return String(e.value);
    case "call":
      return `${print(e.callee, ofMember)}(${printList(e.arguments)})`;
    case "new":
      return `new ${print(e.callee, ofMember)}(${printList(e.arguments)})`;
    case "member": {
      const object = print(e.object, ofMember);
      if (isIdentifier(e.name)) return `${object}${e.optional ? "?." : "."}${e.name}`;
      return `${object}${e.optional ? "?." : ""}[${printString(e.name)}]`;
    }
    case "element":
      return `${print(e.object, ofMember)}[${print(e.index, 0)}]`;
    case "unary": {
      const operand = print(e.operand, ofUnary);
      return `${e.operator}${e.operator === "-" && operand.startsWith("-") ? `(${operand})` : operand}`;
    }
    case "binary": {
      const own = precedences[e.operator];
      // `??` does not mix with && and ||: its operands are parenthesised.
      const outer = e.operator === "??" ? 5 : own;
      const left = print(e.left, isClarified(e.left, e.operator) ? ofPrimary : outer);
      // a || (b || c) is a || b || c.
      const joins = e.operator === "||" || e.operator === "&&" ? outer : outer + 1;
      const right = print(e.right, isClarified(e.right, e.operator) ? ofPrimary : joins);
      return `${left} ${e.operator} ${right}`;
    }
    case "conditional":
      return `${print(e.condition, 3)} ? ${print(e.then, ofAssign)} : ${print(e.else, ofAssign)}`;
    case "assign":
      return `${print(e.target, ofMember)} ${e.operator} ${print(e.value, ofAssign)}`;
    case "array":
      return `[${printList(e.elements)}]`;
    case "object":
      return e.members.length === 0 ? "{}" : `{ ${e.members.map(printMember).join(", ")} }`;
    case "arrow": {
      const head = `(${printParameters(e.parameters)}) =>`;
      if (!("kind" in e.body) && e.body.length === 0) return `${head} {}`;
      if (!("kind" in e.body)) return `${head} {\n${printStatements(e.body, "  ")}\n}`;
      const body = print(e.body, ofAssign);
      return `${head} ${e.body.kind === "object" ? `(${body})` : body}`;
    }
    case "as":
      return `${print(e.value, ofRelation)} as ${e.type}`;
    case "spread":
      return `...${print(e.value, ofAssign)}`;
    case "raw":
      return e.text;
  }
}

function printList(entries: readonly Expression[]): string {
  return entries.map((e) => print(e, ofAssign)).join(", ");
}

const multiplicative: ReadonlySet<string> = new Set(["*", "/", "%"]);
const bitwise: ReadonlySet<string> = new Set(["|", "&", "<<", ">>", ">>>"]);

/** Whether prettier sets parentheses that the language does not need: (a * b) / c, (a && b) || c. */
function isClarified(operand: Expression, operator: BinaryOperator): boolean {
  if (operand.kind !== "binary") return false;
  const inner = operand.operator;
  if (multiplicative.has(inner) && multiplicative.has(operator)) return inner !== operator || inner === "%";
  if (inner === "%") return operator === "+" || operator === "-";
  return (inner === "&&" && operator === "||") || bitwise.has(operator);
}

function printMember(m: Member): string {
  switch (m.kind) {
    case "property": {
      const key = isIdentifier(m.key) && m.key !== "__proto__" ? m.key : keyText(m.key);
      const value = print(m.value, ofAssign);
      return key === value ? key : `${key}: ${value}`;
    }
    case "method":
    case "get": {
      const key = isIdentifier(m.key) ? m.key : keyText(m.key);
      const result = m.result === null ? "" : `: ${m.result}`;
      const head = `${m.kind === "get" ? "get " : ""}${key}(${printParameters(m.parameters)})${result}`;
      return `${head} {\n${printStatements(m.body, "  ")}\n}`;
    }
    case "spread":
      return `...${print(m.value, ofAssign)}`;
  }
}

/** A computed key for `__proto__`, which as a plain one would set the prototype. */
function keyText(key: string): string {
  return key === "__proto__" ? `["__proto__"]` : printString(key);
}

function printNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "Infinity";
  if (value < 0 || Object.is(value, -0)) return `-${printNumber(-value)}`;
  return String(value).replace("e+", "e");
}

/** A string literal in ASCII but for letters: nothing ends the literal or a line early. */
export function printString(value: string): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Whether `text` may follow a dot. */
export function isIdentifier(text: string): boolean {
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(text);
}
