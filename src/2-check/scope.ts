/** The names that an expression sees: those of its block, then those of its file. */
import type { Block, Expression, File, InitializerItem, Item, LayerItem, OptimizerItem } from "../1-parse/ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import type { Value } from "./value.ts";

/** Items that stand for something in expressions. */
export type NamedItem = Extract<Item, { readonly name: unknown }>;

/** An item and the file whose names its body sees. */
export interface Definition<I extends NamedItem = NamedItem> {
  readonly item: I;
  readonly file: FileScope;
}

/** One file's names. The prelude is one such scope, though it is several files. */
export interface FileScope {
  readonly files: readonly File[];
  readonly prelude: boolean;
  /** fn, layer, const and model items, and what is imported. */
  readonly items: Map<string, Definition>;
  readonly initializers: Map<string, Definition<InitializerItem>>;
  readonly optimizers: Map<string, Definition<OptimizerItem>>;
  /** Names of items with syntax errors. */
  readonly broken: Set<string>;
}

export type Place = "const" | "fn" | "layer" | "model" | "initializer" | "optimizer";

export interface Binding {
  readonly value: Value;
  readonly span: Span;
  /** Absolute path of the parameters that its definition holds (`h2.fc`); null where it can hold none. */
  readonly path: string | null;
  /** A `use` instance: a layer call whose first arguments are still to come. */
  readonly instance: LayerInstance | null;
}

/** `use enc = dense(units = 64)` */
export interface LayerInstance {
  readonly definition: Definition<LayerItem>;
  /** The call after `use`. */
  readonly call: Extract<Expression, { readonly kind: "call" }>;
  /** The arguments that it gives. */
  readonly fixed: ReadonlyMap<string, { readonly value: Value; readonly expression: Expression }>;
  readonly path: string;
}

/** How layer calls inside one definition are named. */
export interface LayerNames {
  /** The path of each call's parameters. */
  readonly paths: ReadonlyMap<Expression, string>;
  /** The definition's own path, under which `repeat` puts its rounds; null where it has none. */
  readonly base: string | null;
}

export class Scope {
  readonly file: FileScope;
  readonly place: Place;
  readonly parent: Scope | null;
  readonly names = new Map<string, Binding>();
  /** Names that statements further down define: for errors. */
  readonly later = new Map<string, Span>();
  /** Names (dotted for parameters of layers) that derivative operators in the block refer to. */
  readonly marks: ReadonlySet<string>;
  /** Elements (`x[b]`) that derivative operators inside index notation differentiate by; null before they are met. */
  readonly elements = new Map<string, Value | null>();
  /** Path of the layer instance whose body this is, ending in a dot; empty in a model; null where nothing has a path. */
  readonly prefix: string | null;
  /** The statements that store tensors here; null where none are stored. */
  readonly block: Block | null;
  /** Names of the layer calls in the statement being elaborated; null where layers cannot be called. */
  layers: LayerNames | null = null;
  /** States that have their `next` already. */
  readonly next = new Set<string>();

  /** The loop whose body this is, by the word it begins with. */
  readonly #loop: string | null;

  constructor(options: {
    readonly file: FileScope;
    readonly place: Place;
    readonly parent?: Scope | null;
    readonly marks?: ReadonlySet<string>;
    readonly prefix?: string | null;
    readonly loop?: string | null;
    readonly block?: Block | null;
  }) {
    this.file = options.file;
    this.place = options.place;
    this.parent = options.parent ?? null;
    this.marks = options.marks ?? new Set();
    this.prefix = options.prefix ?? null;
    this.#loop = options.loop ?? null;
    this.block = options.block ?? null;
  }

  /** The innermost loop around this, by the word it begins with. */
  get loop(): string | null {
    return this.#loop ?? this.parent?.loop ?? null;
  }

  find(name: string): Binding | null {
    return this.names.get(name) ?? this.parent?.find(name) ?? null;
  }

  /** Where a name that is not bound yet will be. */
  findLater(name: string): Span | null {
    return this.later.get(name) ?? this.parent?.findLater(name) ?? null;
  }

  bind(name: string, value: Value, span: Span, path: string | null = null): void {
    this.names.set(name, { value, span, path, instance: null });
  }

  /** The scope whose index notation has a derivative by this element. */
  withElement(key: string): Scope | null {
    return this.elements.has(key) ? this : (this.parent?.withElement(key) ?? null);
  }

  /** Every name in sight, for suggestions. */
  *visible(): Iterable<string> {
    yield* this.names.keys();
    if (this.parent !== null) yield* this.parent.visible();
  }
}
