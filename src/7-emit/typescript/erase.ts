/** The same module without types, and its types alone. */
import { memberKey } from "./types.ts";
import type { Expression, Member, Parameter, Statement } from "./syntax.ts";

/** JavaScript: the statements without any type. */
export function eraseTypes(statements: readonly Statement[]): readonly Statement[] {
  return statements.flatMap((s) => (s.kind === "interface" ? [] : [eraseStatement(s)]));
}

function eraseStatement(s: Statement): Statement {
  switch (s.kind) {
    case "const":
    case "let":
      return { ...s, type: null, value: s.value === null ? null : erase(s.value) };
    case "expression":
    case "throw":
      return { ...s, value: erase(s.value) };
    case "return":
      return { ...s, value: s.value === null ? null : erase(s.value) };
    case "if":
      return {
        ...s,
        condition: erase(s.condition),
        then: eraseTypes(s.then),
        else: s.else === null ? null : eraseTypes(s.else),
      };
    case "for":
      return { ...s, from: erase(s.from), to: erase(s.to), body: eraseTypes(s.body) };
    case "forOf":
      return { ...s, of: erase(s.of), body: eraseTypes(s.body) };
    case "function":
      return { ...s, parameters: s.parameters.map(eraseParameter), result: null, body: eraseTypes(s.body) };
    case "break":
    case "comment":
    case "blank":
    case "raw":
    case "interface":
      return s;
  }
}

function eraseParameter(p: Parameter): Parameter {
  return p.default === undefined
    ? { name: p.name, type: null }
    : { name: p.name, type: null, default: erase(p.default) };
}

function erase(e: Expression): Expression {
  switch (e.kind) {
    case "as":
      return erase(e.value);
    case "call":
    case "new":
      return { ...e, callee: erase(e.callee), arguments: e.arguments.map(erase) };
    case "member":
      return { ...e, object: erase(e.object) };
    case "element":
      return { ...e, object: erase(e.object), index: erase(e.index) };
    case "unary":
      return { ...e, operand: erase(e.operand) };
    case "binary":
      return { ...e, left: erase(e.left), right: erase(e.right) };
    case "conditional":
      return { ...e, condition: erase(e.condition), then: erase(e.then), else: erase(e.else) };
    case "assign":
      return { ...e, target: erase(e.target), value: erase(e.value) };
    case "array":
      return { ...e, elements: e.elements.map(erase) };
    case "object":
      return { ...e, members: e.members.map(eraseMember) };
    case "arrow":
      return {
        ...e,
        parameters: e.parameters.map(eraseParameter),
        body: "kind" in e.body ? erase(e.body) : eraseTypes(e.body),
      };
    case "spread":
      return { ...e, value: erase(e.value) };
    case "name":
    case "number":
    case "string":
    case "boolean":
    case "raw":
      return e;
  }
}

function eraseMember(m: Member): Member {
  if (m.kind === "property" || m.kind === "spread") return { ...m, value: erase(m.value) };
  return { ...m, parameters: m.parameters.map(eraseParameter), result: null, body: eraseTypes(m.body) };
}

/** The exported declarations as a .d.ts file has them. */
export function declarationsOf(statements: readonly Statement[]): readonly Statement[] {
  return statements.flatMap((s): Statement[] => {
    if (s.kind === "interface") return s.exported !== false ? [s] : [];
    if (s.kind === "function") return s.exported !== false ? [{ ...s, declared: true }] : [];
    if (s.kind === "const" && s.exported === true && s.value !== null) {
      return [{ kind: "const", name: s.name, type: literalType(s.value), value: null, exported: true, declared: true }];
    }
    return s.kind === "blank" || s.kind === "comment" ? [s] : [];
  });
}

/** The type that `as const` gives a literal. */
function literalType(e: Expression): string {
  switch (e.kind) {
    case "as":
      return literalType(e.value);
    case "string":
      return JSON.stringify(e.value);
    case "number":
      return String(e.value);
    case "boolean":
      return String(e.value);
    case "array":
      return `readonly [${e.elements.map(literalType).join(", ")}]`;
    case "object":
      return `{ ${e.members
        .flatMap((m) => (m.kind === "property" ? [`readonly ${memberKey(m.key)}: ${literalType(m.value)}`] : []))
        .join("; ")} }`;
    default:
      return "unknown";
  }
}
