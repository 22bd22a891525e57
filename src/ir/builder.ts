/** Builds hash-consed nodes. One builder serves a whole compilation, so that equal subgraphs of all passes are one node. */
import { print as printDim } from "./dim.ts";
import { numberText } from "./number-text.ts";
import type { Dim, Shape } from "./dim.ts";
import type { AttributesOf, ElementType, Node, PrimitiveName, TensorType } from "./graph.ts";
import type { PrimitiveTable } from "./primitive.ts";

/** Thrown when a graph grows past the limit of nodes. */
export class NodeLimit extends Error {
  override readonly name = "NodeLimit";
}

export class GraphBuilder {
  readonly table: PrimitiveTable;
  readonly #maxNodes: number;
  readonly #interned = new Map<string, Node>();
  readonly #loopKeys = new Map<object, number>();
  #count = 0;
  #marks = 0;

  constructor(table: PrimitiveTable, options: { readonly maxNodes?: number } = {}) {
    this.table = table;
    this.#maxNodes = options.maxNodes ?? Infinity;
  }

  /** The limit of nodes. */
  get maxNodes(): number {
    return this.#maxNodes;
  }

  /** How many nodes were created. */
  get size(): number {
    return this.#count;
  }

  /**
   * The node `primitive(operands, attributes)`: an existing one if there is an equal one.
   * @throws ShapeFault if the operands do not fit, NodeLimit past the limit of nodes.
   */
  create<P extends PrimitiveName>(primitive: P, operands: readonly Node[], attributes: AttributesOf[P]): Node<P> {
    let key = `${primitive}(`;
    for (const { id } of operands) key += `${id},`;
    key += this.#key(attributes);
    const known = this.#interned.get(key);
    if (known !== undefined) return known as Node<P>;
    const type = this.table[primitive].shape(operands, attributes);
    const node = this.#fresh(primitive, operands, attributes, type);
    this.#interned.set(key, node);
    return node;
  }

  /** A new mark on `x`: an identity that no other node equals. */
  mark(x: Node, name: string): Node<"mark"> {
    return this.#fresh("mark", [x], { id: this.#marks++, name }, typeOf(x));
  }

  /** The same primitive and attributes over other operands. */
  withOperands(node: Node, operands: readonly Node[]): Node {
    if (operands.every((o, k) => o === node.operands[k])) return node;
    if (node.primitive === "mark") {
      return this.#fresh("mark", operands, (node as Node<"mark">).attributes, typeOf(operands[0]));
    }
    return this.create<PrimitiveName>(node.primitive, operands, node.attributes);
  }

  #fresh<P extends PrimitiveName>(
    primitive: P,
    operands: readonly Node[],
    attributes: AttributesOf[P],
    type: TensorType,
  ): Node<P> {
    if (this.#count >= this.#maxNodes) throw new NodeLimit(`more than ${this.#maxNodes} nodes`);
    return { id: this.#count++, primitive, operands, attributes, shape: type.shape, element: type.element };
  }

  // -0 and NaN differ from 0 as attributes; dims compare by their canonical text, loop records by identity.
  #key(value: unknown): string {
    if (typeof value === "number") return numberText(value);
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value !== "object" || value === null) return String(value);
    if (Array.isArray(value)) {
      let key = "[";
      for (const v of value) key += `${this.#key(v)},`;
      return `${key}]`;
    }
    if ("terms" in value && "key" in value) return `<${String(value.key)}>`;
    if ("trip" in value) return `loop${this.#loopKey(value)}`;
    let key = "{";
    for (const [name, v] of Object.entries(value)) key += `${name}:${this.#key(v)},`;
    return `${key}}`;
  }

  #loopKey(record: object): number {
    const known = this.#loopKeys.get(record);
    if (known !== undefined) return known;
    this.#loopKeys.set(record, this.#loopKeys.size);
    return this.#loopKeys.size - 1;
  }
}

/** A node's element type and shape. */
export function typeOf(node: Node): TensorType {
  return { element: node.element, shape: node.shape };
}

/** `real[batch, 10]`, as graphs print types. */
export function printType(type: { readonly element: ElementType; readonly shape: Shape }): string {
  return `${type.element}[${type.shape.map((d: Dim) => printDim(d)).join(", ")}]`;
}
