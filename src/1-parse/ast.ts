/**
 * The syntax tree: what the user wrote, with spans, before any name is resolved.
 * Everything is immutable data. Parentheses and comments are kept so that `derive fmt` can print a file back.
 */
import type { Source, Span } from "../diagnostics/diagnostic.ts";

export interface File {
  readonly source: Source;
  readonly items: readonly Item[];
  readonly comments: readonly Comment[];
  /** Names of items that are not in `items` because of a syntax error, already reported: whoever refers to one stays silent. */
  readonly broken?: readonly Name[];
}

export interface Comment {
  readonly kind: "line" | "block" | "doc";
  /** With its delimiters. */
  readonly text: string;
  readonly span: Span;
}

/** A name as written (NFC). */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

export type Item =
  ImportItem | ConstItem | FnItem | LayerItem | InitializerItem | OptimizerItem | ModelItem | DeriveItem;

export interface ImportItem {
  readonly kind: "import";
  readonly names: readonly { readonly name: Name; readonly as: Name | null }[];
  readonly path: string;
  readonly pathSpan: Span;
  readonly span: Span;
}
export interface ConstItem {
  readonly kind: "const";
  readonly name: Name;
  readonly value: Expression;
  readonly doc: string | null;
  readonly span: Span;
}
/** `fn f(x: [n]) = e` has a body of one `return`; `shorthand` remembers how it was written. */
export interface FnItem extends Callable {
  readonly kind: "fn";
}
export interface LayerItem extends Callable {
  readonly kind: "layer";
}
/** `initializer he_normal(shape, fan_in, fan_out) = ...` */
export interface InitializerItem extends Callable {
  readonly kind: "initializer";
}
/** `optimizer adam(p, g, lr = 0.001, ...) { state m = ...  next p = ... }` */
export interface OptimizerItem extends Callable {
  readonly kind: "optimizer";
}
interface Callable {
  readonly name: Name;
  readonly parameters: readonly Parameter[];
  readonly body: Block;
  readonly shorthand: boolean;
  readonly doc: string | null;
  readonly span: Span;
}
export interface ModelItem {
  readonly kind: "model";
  readonly name: Name;
  readonly body: Block;
  readonly doc: string | null;
  readonly span: Span;
}
/** `derive f(x: [n, 3]): value, gradient(a, b), hessian`. */
export interface DeriveItem {
  readonly kind: "derive";
  readonly target: Name;
  /** Concrete shapes for a `[..., n]` or recursive function; null when no parentheses follow the name. */
  readonly parameters: readonly Parameter[] | null;
  readonly wanted: readonly {
    readonly name: Name;
    readonly arguments: readonly Name[] | null;
  }[];
  readonly span: Span;
}

export interface Parameter {
  readonly name: Name;
  readonly type: TypeExpression | null;
  readonly default: Expression | null;
  readonly span: Span;
}

/** `[n, 784]`, `[..., n]`, `index(10)[batch]`, `bool[n]`; `index(n)` alone is a scalar. */
export interface TypeExpression {
  readonly element: "real" | "index" | "bool";
  /** The bound in `index(bound)`. */
  readonly bound: Expression | null;
  readonly leading: boolean; // `...` in front
  readonly dims: readonly Expression[];
  readonly span: Span;
}

export interface Block {
  readonly statements: readonly Statement[];
  readonly span: Span;
}

/** Statements may stand where the checker finds them sensible: `param` in a layer or model, `next` in a loop, ... */
export type Statement =
  | { readonly kind: "let"; readonly targets: readonly Name[]; readonly value: Expression; readonly span: Span } // `h, c = f(x)`; `_` discards
  | { readonly kind: "return"; readonly values: readonly Expression[]; readonly span: Span }
  | { readonly kind: "const"; readonly name: Name; readonly value: Expression; readonly span: Span }
  | { readonly kind: "hyper"; readonly name: Name; readonly value: Expression; readonly span: Span }
  | {
      readonly kind: "input" | "target";
      readonly name: Name;
      readonly type: TypeExpression | null;
      readonly span: Span;
    }
  | {
      readonly kind: "param" | "state";
      readonly frozen: boolean; // `frozen param`
      readonly name: Name;
      readonly type: TypeExpression | null;
      readonly initial: Expression | null;
      readonly span: Span;
    }
  | { readonly kind: "next"; readonly name: Name; readonly value: Expression; readonly span: Span }
  | { readonly kind: "use"; readonly name: Name; readonly value: Expression; readonly span: Span }
  | { readonly kind: "output"; readonly name: Name; readonly value: Expression | null; readonly span: Span } // `output p` names an earlier binding
  | { readonly kind: "loss"; readonly name: Name | null; readonly value: Expression; readonly span: Span }
  | { readonly kind: "metric"; readonly name: Name; readonly value: Expression; readonly span: Span }
  | { readonly kind: "train"; readonly value: Expression; readonly span: Span };

export type UnaryOperator = "-" | "not";
export type BinaryOperator = "or" | "and" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "@" | "^";

export type Expression =
  /** `text` is as written (`1_000`, `1e-3`). */
  | { readonly kind: "number"; readonly value: number; readonly text: string; readonly span: Span }
  | { readonly kind: "constant"; readonly name: "true" | "false" | "inf" | "nan" | "pi"; readonly span: Span }
  | { readonly kind: "text"; readonly value: string; readonly span: Span }
  | { readonly kind: "name"; readonly name: string; readonly span: Span }
  | { readonly kind: "group"; readonly body: Expression; readonly span: Span } // parentheses
  | {
      readonly kind: "unary";
      readonly operator: UnaryOperator;
      readonly operatorSpan: Span;
      readonly operand: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly operatorSpan: Span;
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "call";
      readonly callee: Name;
      readonly arguments: readonly Argument[];
      readonly span: Span;
    }
  /** `h.W`, `x.T` (the checker decides which). */
  | { readonly kind: "member"; readonly object: Expression; readonly member: Name; readonly span: Span }
  | {
      readonly kind: "subscript";
      readonly object: Expression;
      readonly subscripts: readonly Subscript[];
      readonly span: Span;
    }
  | { readonly kind: "list"; readonly elements: readonly Expression[]; readonly span: Span }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: Expression;
      readonly else: Expression;
      readonly span: Span;
    }
  /** `[i < m, 1 <= j < n] -> body`. */
  | {
      readonly kind: "map";
      readonly indices: readonly {
        readonly name: Name;
        readonly from: Expression | null;
        readonly to: Expression;
      }[];
      readonly body: Body;
      readonly span: Span;
    }
  /** `for t in from : to carry h = h0 { ... }`, `scan ... yield y { ... }`. */
  | {
      readonly kind: "for" | "scan";
      readonly index: Name;
      readonly from: Expression;
      readonly to: Expression;
      readonly max: Expression | null;
      readonly carries: readonly { readonly name: Name; readonly initial: Expression }[];
      readonly yields: readonly Name[];
      readonly body: Block;
      readonly span: Span;
    }
  | {
      readonly kind: "while";
      readonly condition: Expression;
      readonly max: Expression | null;
      readonly carries: readonly { readonly name: Name; readonly initial: Expression }[];
      readonly body: Block;
      readonly span: Span;
    }
  /** `repeat l < 12 carry h = x { ... }`. */
  | {
      readonly kind: "repeat";
      readonly index: Name;
      readonly count: Expression;
      readonly carries: readonly { readonly name: Name; readonly initial: Expression }[];
      readonly body: Block;
      readonly span: Span;
    };

/** What follows `->`: an expression, or a block that returns. */
export type Body =
  { readonly kind: "expression"; readonly value: Expression } | { readonly kind: "block"; readonly block: Block };

export interface Argument {
  readonly name: Name | null;
  readonly value: Expression;
  readonly span: Span;
}

export type Subscript =
  | { readonly kind: "at"; readonly index: Expression; readonly span: Span }
  | {
      readonly kind: "slice";
      readonly start: Expression | null;
      readonly stop: Expression | null;
      readonly step: Expression | null;
      readonly span: Span;
    };
