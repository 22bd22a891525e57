/**
 * The graph: what a program computes, as immutable, hash-consed nodes. Data only.
 *
 * A node's operands were created before it, so ascending `id` is a topological order.
 * Axes in attributes are negative, counted from the end: extra leading dims of an operand are a batch.
 */
import type { Dim, Requirement, Shape } from "./dim.ts";

/** `real` holds floating-point numbers, `index` integers, `bool` truth values. */
export type ElementType = "real" | "index" | "bool";

export interface TensorType {
  readonly element: ElementType;
  readonly shape: Shape;
}

/** No attributes: `{}`. */
export interface None {
  readonly none?: never;
}

/** One axis of a slice: entries start, start + step, ... (`size` of them). A negative step walks backwards. */
export interface SliceAxis {
  readonly start: Dim;
  readonly size: Dim;
  readonly step: number;
}

/** One axis of a pad: cells before, after and between neighbours. Negative `low` or `high` crop. */
export interface PadAxis {
  readonly low: Dim;
  readonly high: Dim;
  readonly interior: number;
}

/** Every primitive with its attributes. The union of primitive names is the key set of this type. */
export interface AttributesOf {
  // Sources.
  /** A scalar literal. */
  readonly constant: { readonly value: number; readonly element: ElementType };
  /** A dim used as a value: an index scalar. */
  readonly dimension: { readonly dim: Dim };
  /** An input of the graph; `name` is unique within it. `held`: a plain JavaScript number, or an array. */
  readonly parameter: {
    readonly name: string;
    readonly type: TensorType;
    /** An index parameter holds 0 .. bound - 1. */
    readonly bound: Dim | null;
    readonly held: "number" | "array";
  };
  /** 0, 1, ..., size - 1 as index[size]. */
  readonly iota: { readonly size: Dim };
  /** Integers known at compile time, as index[values.length]: what derivation finds out about a program. */
  readonly table: { readonly values: readonly number[] };
  /** Uniform numbers in [0, 1); operands: seed and step (index scalars). `site` numbers the place in the program. */
  readonly random: { readonly site: number; readonly shape: Shape };

  // Identities.
  /** The definition of a name that a derivative or explanation refers to; never interned, crossed by no rule. */
  readonly mark: { readonly id: number; readonly name: string };
  readonly stop_gradient: None;

  // Derivative requests, replaced by stage 4. The name differentiated by is a mark or parameter node.
  /** Operands y (scalar), x: dy/dx, of x's shape. */
  readonly gradient: None;
  /** Operands y, x, v (of x's shape): the directional derivative, of y's shape. */
  readonly jvp: None;
  /** Operands y, x: of y.shape + x.shape. */
  /** The first `batch` axes of both operands count rows, of which each has a Jacobian of its own. */
  readonly jacobian: { readonly batch: number };

  // Elementwise, operands of equal shape (broadcasts are nodes).
  readonly add: None;
  readonly subtract: None;
  readonly multiply: None;
  readonly divide: None;
  readonly negate: None;
  readonly power: None;
  /** x^exponent for an integer literal exponent, exact wherever it is finite. */
  readonly power_integer: { readonly exponent: number };
  readonly maximum: None;
  readonly minimum: None;
  readonly atan2: None;
  readonly hypot: None;
  /** Floor modulo, sign of the divisor. */
  readonly modulo: None;
  /** Floor division. */
  readonly floor_divide: None;
  readonly abs: None;
  readonly sign: None;
  readonly floor: None;
  readonly ceil: None;
  readonly round: None;
  /** x as arrays hold it, so that numbers which were stored compare with numbers which were not. */
  readonly stored: None;
  readonly sqrt: None;
  readonly cbrt: None;
  readonly exp: None;
  readonly expm1: None;
  readonly log: None;
  readonly log1p: None;
  readonly log2: None;
  readonly log10: None;
  readonly sin: None;
  readonly cos: None;
  readonly tan: None;
  readonly asin: None;
  readonly acos: None;
  readonly atan: None;
  readonly sinh: None;
  readonly cosh: None;
  readonly tanh: None;
  readonly asinh: None;
  readonly acosh: None;
  readonly atanh: None;
  readonly erf: None;
  readonly erfc: None;
  readonly sigmoid: None;
  readonly softplus: None;
  readonly equal: None;
  readonly less: None;
  readonly less_equal: None;
  readonly not: None;
  readonly and: None;
  readonly or: None;
  readonly is_nan: None;
  readonly is_finite: None;
  /** Operands condition (bool), then, else. */
  readonly select: None;
  /** bool -> index -> real. */
  readonly convert: { readonly to: ElementType };

  // Movement.
  /** `axes[k]` is the result axis (negative) of operand axis k - operand rank; sizes there are equal. */
  readonly broadcast: { readonly shape: Shape; readonly axes: readonly number[] };
  /** The last `consumed` axes take the shape `shape`; row-major order is kept. */
  readonly reshape: { readonly consumed: number; readonly shape: Shape };
  /** Result axis k - n is operand axis `permutation[k]` (negative), for the last n = permutation.length axes. */
  readonly transpose: { readonly permutation: readonly number[] };
  /** One entry an axis, for the last `axes.length` axes. */
  readonly slice: { readonly axes: readonly SliceAxis[] };
  /** Fills with 0 (false). One entry an axis, for the last `axes.length` axes. */
  readonly pad: { readonly axes: readonly PadAxis[] };
  readonly concat: { readonly axis: number };
  /** Axis `axis` becomes two, (count, size): result[.., i, j, ..] = x[.., i * stride + j * dilation, ..]. */
  readonly window: {
    readonly axis: number;
    readonly count: Dim;
    readonly size: Dim;
    readonly stride: number;
    readonly dilation: number;
  };
  /** The adjoint of window: axes `axis` - 1 and `axis` (count, size) are summed into one of `length`. */
  readonly fold: { readonly axis: number; readonly length: Dim; readonly stride: number; readonly dilation: number };

  // Reduction.
  /** Axes negative, ascending; they vanish from the shape. */
  readonly reduce_sum: { readonly axes: readonly number[] };
  readonly reduce_product: { readonly axes: readonly number[] };
  readonly reduce_max: { readonly axes: readonly number[] };
  readonly reduce_min: { readonly axes: readonly number[] };
  /** First of ties along one axis; index result. */
  readonly argmax: { readonly axis: number };
  readonly argmin: { readonly axis: number };

  // Contraction: the sum over labels that are absent from `result` of the product of both operands.
  /** Labels name the last axes of each operand; every label stands in at least two of the three lists. */
  readonly contract: {
    readonly left: readonly string[];
    readonly right: readonly string[];
    readonly result: readonly string[];
  };

  // Linear algebra: the last two axes are matrices.
  /**
   * LU factors of A with its permutations, [.., n + 1, n + 1]: row i holds L and U of P A Q = L U, then the row of A that
   * P takes to i; the last row holds the columns that Q takes, then the sign of both permutations. `complete`: the pivot
   * is the largest of all entries left (Q is no identity), not of its column. It carries no derivative: what uses it has
   * A beside it.
   */
  readonly lu: { readonly complete: boolean };
  /** Operands A, lu(A), B [.., n, k]: A⁻¹ B, or A⁻ᵀ B. */
  readonly solve: { readonly transposed: boolean };
  /** Operands A, lu(A). */
  readonly determinant: None;
  /** Operands A, lu(A): log |det A|. */
  readonly log_determinant: None;
  /** Operand lu(A): -1, 0 or 1. */
  readonly determinant_sign: None;
  /**
   * Operands A, lu(A) of complete pivoting, B₁, ..., Bₖ of A's shape: the derivative of the cofactor matrix (det A A⁻ᵀ where
   * A has an inverse) in the directions Bᵢ.
   */
  readonly cofactor: None;
  /** The lower factor of A = L Lᵀ; reads the lower triangle of A. */
  readonly cholesky: None;
  /** Operands L, B [.., n, k]: L⁻¹ B, or L⁻ᵀ B; reads the lower triangle of L. */
  readonly triangular_solve: { readonly transposed: boolean };

  // Gather: x [batch.., n, rest..], i [batch.., indices..] -> [batch.., indices.., rest..].
  readonly gather: { readonly batch: number };
  /** i [batch.., indices..], u [batch.., indices.., rest..] -> [batch.., size, rest..]: its adjoint. */
  readonly scatter_add: { readonly batch: number; readonly size: Dim };

  // Loops.
  /** Operands: initial carries, stacked inputs, invariants, the number of rounds. Read with loop_result. */
  readonly loop: { readonly record: Loop };
  /** Result `index` of a loop: its final carries, then its stacked outputs. */
  readonly loop_result: { readonly index: number };
}

export type PrimitiveName = keyof AttributesOf;

/**
 * A loop: its body is a closed graph whose parameters are, in order, the index, carries, stacked inputs, invariants. Results
 * of rounds that do not run are zeros in the stacked outputs.
 */
export interface Loop {
  /** How many rounds run; the most that do where `counted` or `condition` says so. */
  readonly trip: Dim;
  /** The loop has one more operand, an index scalar of 0 .. trip: as many rounds run. */
  readonly counted: boolean;
  /** A bool of the body, asked before each round: the loop ends where it is false. */
  readonly condition: Node | null;
  /** Runs t from the last round down to 0; stacked inputs and outputs are addressed by t either way. */
  readonly reverse: boolean;
  /** Reverse mode keeps of each round the carries that it starts with alone, and computes the rest again. */
  readonly recompute: boolean;
  readonly index: Node<"parameter">;
  readonly carries: readonly Node<"parameter">[];
  /** Each is one round's slice of an operand stacked along its first axis. */
  readonly stackedInputs: readonly Node<"parameter">[];
  readonly invariants: readonly Node<"parameter">[];
  /** The carries' next values, in order. */
  readonly next: readonly Node[];
  /** One round's slices of the stacked outputs. */
  readonly stackedOutputs: readonly Node[];
}

/** A node of primitive P. Immutable; equal nodes of one builder are one object, marks aside. */
export interface Node<P extends PrimitiveName = PrimitiveName> {
  /** Ascending in order of creation within a builder. */
  readonly id: number;
  readonly primitive: P;
  readonly operands: readonly Node[];
  readonly attributes: AttributesOf[P];
  readonly shape: Shape;
  readonly element: ElementType;
}

/** Any node, as a union that narrows on `primitive`. */
export type AnyNode = { [P in PrimitiveName]: Node<P> }[PrimitiveName];

/** A requirement on dims that could not be decided at compile time, checked once on entry. */
export interface GraphRequirement {
  readonly requirement: Requirement;
  /** What needs it, in the user's words: "`x[1:]`". */
  readonly reason: string;
}

/** What a graph computes: named parameters to named outputs. */
export interface Graph {
  readonly parameters: readonly Node<"parameter">[];
  readonly outputs: readonly GraphOutput[];
  readonly requirements: readonly GraphRequirement[];
  /** Every symbol is 1 and more whenever this is computed: there is no loss of an empty batch. */
  readonly symbolsFromOne?: boolean;
}

export interface GraphOutput {
  readonly name: string;
  readonly node: Node;
  /**
   * The tensor whose storage takes the value when the call ends (a training step's new weights), or null. Where the graph
   * reads the old value too, it is the parameter of this name.
   */
  readonly updates: string | null;
  /** The output stands for entries of its derivative alone: asked for, or found. */
  readonly sparse?: SparseRequest | SparsityPattern;
}

/** The output is to become those entries of its derivative by a parameter that can be nonzero. */
export interface SparseRequest {
  readonly by: Node<"parameter">;
  /** The derivative is a square matrix that equals its transpose. */
  readonly symmetric: boolean;
}

/** Which entries of a matrix are kept, row by row (compressed sparse rows): row i has columns[starts[i]] ... columns[starts[i + 1] - 1]. */
export interface SparsityPattern {
  readonly rowCount: number;
  readonly columnCount: number;
  /** One more than there are rows. */
  readonly starts: readonly number[];
  /** Ascending in each row. */
  readonly columns: readonly number[];
}
