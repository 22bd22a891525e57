/** What the elementary functions are translated to (scripts/wasm-math.mjs): the part of TypeScript that they are written in. Data only. */

export type MathExpression =
  | { readonly kind: "number"; readonly value: number | "Infinity" | "NaN" }
  | { readonly kind: "local"; readonly name: string }
  /** Of another function, or of `Math.abs` and the like. */
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly MathExpression[] }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: MathExpression;
      readonly right: MathExpression;
    }
  | { readonly kind: "unary"; readonly operator: string; readonly operand: MathExpression }
  | {
      readonly kind: "choose";
      readonly condition: MathExpression;
      readonly then: MathExpression;
      readonly else: MathExpression;
    }
  | { readonly kind: "element"; readonly array: string; readonly index: MathExpression };

export type MathStatement =
  | { readonly kind: "let"; readonly name: string; readonly value: MathExpression | null }
  | { readonly kind: "set"; readonly name: string; readonly value: MathExpression }
  | { readonly kind: "store"; readonly array: string; readonly index: MathExpression; readonly value: MathExpression }
  | {
      readonly kind: "if";
      readonly condition: MathExpression;
      readonly then: readonly MathStatement[];
      readonly else: readonly MathStatement[];
    }
  | { readonly kind: "return"; readonly value: MathExpression }
  | {
      readonly kind: "loop";
      readonly condition: MathExpression;
      readonly step: MathStatement;
      readonly body: readonly MathStatement[];
    };

export interface MathProgram {
  readonly parameters: readonly string[];
  readonly body: readonly MathStatement[];
}
