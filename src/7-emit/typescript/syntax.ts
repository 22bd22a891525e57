/** The small part of TypeScript that generated modules are made of, as a syntax tree. Types are kept as text. */

export type Expression =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "call"; readonly callee: Expression; readonly arguments: readonly Expression[] }
  | { readonly kind: "new"; readonly callee: Expression; readonly arguments: readonly Expression[] }
  | { readonly kind: "member"; readonly object: Expression; readonly name: string; readonly optional: boolean }
  | { readonly kind: "element"; readonly object: Expression; readonly index: Expression }
  | { readonly kind: "unary"; readonly operator: "-" | "!" | "typeof " | "~"; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "conditional";
      readonly condition: Expression;
      readonly then: Expression;
      readonly else: Expression;
    }
  | { readonly kind: "assign"; readonly operator: "=" | "+=" | "-=" | "*="; readonly target: Expression; readonly value: Expression } // prettier-ignore
  | { readonly kind: "array"; readonly elements: readonly Expression[] }
  | { readonly kind: "object"; readonly members: readonly Member[] }
  | {
      readonly kind: "arrow";
      readonly parameters: readonly Parameter[];
      readonly body: Expression | readonly Statement[];
    }
  | { readonly kind: "as"; readonly value: Expression; readonly type: string }
  | { readonly kind: "spread"; readonly value: Expression }
  /** Text that was TypeScript to begin with: embedded support code. */
  | { readonly kind: "raw"; readonly text: string };

export type BinaryOperator =
  | "||" | "&&" | "??" | "===" | "!==" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "|" | "&" | "<<" | ">>" | ">>>" | "in" | "instanceof"; // prettier-ignore

export type Member =
  | { readonly kind: "property"; readonly key: string; readonly value: Expression }
  | {
      readonly kind: "method" | "get";
      readonly key: string;
      readonly parameters: readonly Parameter[];
      readonly result: string | null;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "spread"; readonly value: Expression };

export interface Parameter {
  readonly name: string;
  readonly type: string | null;
  readonly optional?: boolean;
  readonly default?: Expression;
}

export type Statement =
  | { readonly kind: "const" | "let"; readonly name: string; readonly type: string | null; readonly value: Expression | null; readonly exported?: boolean; readonly declared?: boolean } // prettier-ignore
  | { readonly kind: "expression"; readonly value: Expression }
  | { readonly kind: "return"; readonly value: Expression | null }
  | { readonly kind: "throw"; readonly value: Expression }
  | { readonly kind: "if"; readonly condition: Expression; readonly then: readonly Statement[]; readonly else: readonly Statement[] | null } // prettier-ignore
  /** for (let variable = from; variable < to; variable += step); downwards: for (let variable = to - 1; variable >= from; variable--) */
  | { readonly kind: "for"; readonly variable: string; readonly from: Expression; readonly to: Expression; readonly step: number; readonly body: readonly Statement[]; readonly down?: boolean } // prettier-ignore
  | { readonly kind: "break" }
  | { readonly kind: "forOf"; readonly variable: string; readonly of: Expression; readonly body: readonly Statement[] }
  | { readonly kind: "comment"; readonly text: string }
  | { readonly kind: "blank" }
  | { readonly kind: "raw"; readonly text: string }
  | FunctionDeclaration
  | InterfaceDeclaration;

export interface FunctionDeclaration {
  readonly kind: "function";
  /** A text: under this name, which may be one that no declaration can have. */
  readonly exported: boolean | string;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly result: string | null;
  readonly body: readonly Statement[];
  /** Lines of its doc comment. */
  readonly doc: readonly string[];
  /** The signature alone, as a .d.ts file has it. */
  readonly declared?: boolean;
}

export interface InterfaceDeclaration {
  readonly kind: "interface";
  /** As of a function. */
  readonly exported: boolean | string;
  readonly name: string;
  readonly extends: string | null;
  /** `readonly params: P`, `step(batch: B): number`, each with its doc lines. */
  readonly members: readonly { readonly text: string; readonly doc: readonly string[] }[];
  readonly doc: readonly string[];
}

export const name = (text: string): Expression => ({ kind: "name", name: text });
export const number = (value: number): Expression => ({ kind: "number", value });
export const string = (value: string): Expression => ({ kind: "string", value });
export const boolean = (value: boolean): Expression => ({ kind: "boolean", value });
export const call = (callee: Expression | string, ...args: readonly Expression[]): Expression => ({
  kind: "call",
  callee: typeof callee === "string" ? path(callee) : callee,
  arguments: args,
});
export const create = (callee: string, ...args: readonly Expression[]): Expression => ({
  kind: "new",
  callee: path(callee),
  arguments: args,
});
export const member = (object: Expression, key: string, optional = false): Expression => ({
  kind: "member",
  object,
  name: key,
  optional,
});
export const element = (object: Expression, index: Expression): Expression => ({ kind: "element", object, index });
export const unary = (operator: "-" | "!" | "typeof " | "~", operand: Expression): Expression => ({
  kind: "unary",
  operator,
  operand,
});
export const binary = (operator: BinaryOperator, left: Expression, right: Expression): Expression => ({
  kind: "binary",
  operator,
  left,
  right,
});
export const conditional = (condition: Expression, whenTrue: Expression, whenFalse: Expression): Expression => ({
  kind: "conditional",
  condition,
  then: whenTrue,
  else: whenFalse,
});
export const assign = (target: Expression, value: Expression, operator: "=" | "+=" | "-=" | "*=" = "="): Statement => ({
  kind: "expression",
  value: { kind: "assign", operator, target, value },
});
export const constant = (variable: string, value: Expression, type: string | null = null): Statement => ({
  kind: "const",
  name: variable,
  type,
  value,
});
export const returns = (value: Expression | null = null): Statement => ({ kind: "return", value });
export const expression = (value: Expression): Statement => ({ kind: "expression", value });
export const when = (
  condition: Expression,
  body: readonly Statement[],
  otherwise: readonly Statement[] | null = null,
): Statement => ({ kind: "if", condition, then: body, else: otherwise });
export const property = (key: string, value: Expression): Member => ({ kind: "property", key, value });
export const object = (...members: readonly Member[]): Expression => ({ kind: "object", members });

/** `Math.fround` as member accesses. */
export function path(dotted: string): Expression {
  const [first, ...rest] = dotted.split(".");
  return rest.reduce((o, key) => member(o, key), name(first));
}
