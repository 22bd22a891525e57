/** What checking one file carries along: the graph, the faults found, and where in the program it is. */
import type { MessageArgs, Code } from "../diagnostics/catalogue/index.ts";
import type { Diagnostic, Span } from "../diagnostics/diagnostic.ts";
import { diagnostic, type Extras } from "../diagnostics/report.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { constantOf, decide, print, printShape, product, subtract, type Requirement } from "../ir/dim.ts";
import type { Node } from "../ir/graph.ts";
import type { Origins } from "../ir/origins.ts";
import { Views } from "../ir/views.ts";
import type { Block } from "../1-parse/ast.ts";
import type { CheckedRequirement } from "./checked.ts";
import { IndexFacts } from "./index-facts.ts";
import type { Intrinsic } from "./intrinsics/intrinsic.ts";
import type { ModelUnit } from "./model-unit.ts";
import { newProgress, reportDepth, type Progress } from "./recursion.ts";
import type { Definition, FileScope } from "./scope.ts";
import { faulty, type Value } from "./value.ts";

type Faulty = Extract<Value, { kind: "faulty" }>;

/** A call whose body is being elaborated. */
export interface Frame {
  readonly definition: Definition;
  readonly call: Span;
  /** How the call reads with its arguments' types, for errors inside the prelude. */
  readonly describe: () => string;
  /** The user's name of the definition that the call is in, for names of nodes. */
  readonly label: string;
  readonly progress: Progress;
}

/** A requirement whose nodes are still being gathered. */
interface OpenRequirement extends CheckedRequirement {
  readonly neededBy: Set<Node>;
}

/** What is elaborated at the moment: an exported function, a model, or the consts of a file (no draws, no parameters). */
export interface Unit {
  /** The item itself: a call of it is recursion. */
  readonly item: object | null;
  /** By what they say and what asks for them. */
  readonly requirements: Map<string, OpenRequirement>;
  /** Those asked for so far, in order and as often as they were. */
  readonly asked: OpenRequirement[];
  readonly model: ModelUnit | null;
  /** Results of calls that draw nothing and hold no parameters. */
  readonly memo: Map<object, Map<string, Value>>;
  progress: Progress;
}

export function newUnit(item: object | null = null, model: ModelUnit | null = null): Unit {
  return { item, requirements: new Map(), asked: [], model, memo: new Map(), progress: newProgress() };
}

/** Ends the elaboration of a unit after a fault that repeats without end. */
export class Abandoned extends Error {
  override readonly name = "Abandoned";
}

/** Leaves an elaboration whose fault is reported already. */
export class Silent extends Error {
  override readonly name = "Silent";
}

/** An elaboration whose faults are set aside. */
interface Trial<T> {
  readonly value: T;
  /** There was no error. */
  readonly sound: boolean;
  readonly codes: readonly string[];
  /** Reports the faults. */
  readonly commit: () => void;
}

/** How deep expressions and calls may nest together, so that the stack suffices. */
export const maxDepth = 400;
const maxCalls = 100_000;
const maxElements = 2 ** 31;

export class Checker {
  readonly builder: GraphBuilder;
  readonly origins: Origins;
  readonly intrinsics: ReadonlyMap<string, Intrinsic>;
  readonly prelude: FileScope;
  /** Marks every name, for `derive explain`. */
  readonly markAll: boolean;
  /** Of index notation. */
  readonly indices: IndexFacts;
  readonly views: Views;
  /** Names of functions that call themselves, by file. */
  readonly recursive = new Map<FileScope, ReadonlySet<string>>();
  readonly diagnostics: Diagnostic[] = [];
  readonly frames: Frame[] = [];
  /** Names that derivative operators refer to, by block. */
  readonly marks = new Map<Block, ReadonlySet<string>>();
  /** Values of file-wide consts; "open" while one is evaluated. */
  readonly consts = new Map<object, Value | "open">();
  /** Consts that the caller sets, by their statement or item. */
  readonly set = new Map<object, Value>();
  /** Items whose body was elaborated at least once. */
  readonly elaborated = new Set<object>();
  unit: Unit = newUnit();
  /** While items are elaborated of whose parameters nothing is known. */
  untyped = false;
  #reported = new Set<string>();
  #depth = 0;
  #calls = 0;

  constructor(options: {
    readonly builder: GraphBuilder;
    readonly origins: Origins;
    readonly intrinsics: ReadonlyMap<string, Intrinsic>;
    readonly prelude: FileScope;
    readonly markAll: boolean;
  }) {
    this.builder = options.builder;
    this.origins = options.origins;
    this.intrinsics = options.intrinsics;
    this.prelude = options.prelude;
    this.markAll = options.markAll;
    this.indices = new IndexFacts(options.builder);
    this.views = new Views(options.builder);
  }

  /** Reports a fault at `span`, or at the user's call if that is inside the prelude. */
  fault<C extends Code>(code: C, args: MessageArgs[C], span: Span, extras: Extras = {}): Faulty {
    this.#place(diagnostic(code, args, span, extras));
    return faulty;
  }

  /** Reports as is, once for each code and place. */
  report(found: Diagnostic): void {
    const key = `${found.code} ${found.span.source.path} ${found.span.start} ${found.span.end}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.diagnostics.push(found);
  }

  /** Runs `body` with its faults set aside until `commit`. `sound`: there was no error. Its value is `otherwise` if it was abandoned. */
  trial<T>(body: () => T, otherwise: T): Trial<T> {
    const before = this.diagnostics.splice(0);
    const reported = this.#reported;
    this.#reported = new Set(reported);
    try {
      const value = finished(body, otherwise);
      const found = [...this.diagnostics];
      const sound = found.every(({ severity }) => severity !== "error");
      const commit = (): void => {
        for (const one of found) this.report(one);
      };
      return { value, sound, codes: found.map(({ code }) => code), commit };
    } finally {
      this.diagnostics.splice(0, this.diagnostics.length, ...before);
      this.#reported = reported;
    }
  }

  #place(found: Diagnostic): void {
    const inPrelude = this.frames.findIndex((frame) => frame.definition.file.prelude);
    const outer = inPrelude < 0 ? this.frames : this.frames.slice(0, inPrelude);
    // Of a recursion each call in the text once.
    const spans = new Set([...outer].reverse().flatMap(({ call }) => (call === found.span ? [] : [call])));
    const calls = [...spans].map((span) => ({ span, label: "in this call" }));
    if (inPrelude < 0) {
      this.report({ ...found, related: [...found.related, ...calls] });
      return;
    }
    const frame = this.frames[inPrelude];
    const own = found.related.filter(({ span }) => !this.prelude.files.some((file) => file.source === span.source));
    this.report({
      ...found,
      message: `in \`${frame.describe()}\`: ${found.message}`,
      span: frame.call,
      related: [...own, ...calls],
    });
  }

  /** Counts one more expansion of a call or round. */
  spend(span: Span): void {
    if (++this.#calls <= maxCalls) return;
    this.fault("too-many-calls", { limit: maxCalls }, span);
    throw new Abandoned();
  }

  /** Runs `body` with the call on the stack of calls. */
  inFrame<T>(frame: Frame, body: () => T): T {
    this.spend(frame.call);
    this.elaborated.add(frame.definition.item);
    this.frames.push(frame);
    try {
      return body();
    } finally {
      this.frames.pop();
    }
  }

  /** True while the body of the item is elaborated. */
  isOpen(item: object): boolean {
    return this.unit.item === item || this.frames.some((frame) => frame.definition.item === item);
  }

  /** What is known of the body that is elaborated at the moment. */
  get progress(): Progress {
    return this.frames.at(-1)?.progress ?? this.unit.progress;
  }

  /** Runs `body` one level deeper. */
  nested<T>(span: Span, body: () => T): T {
    if (this.#depth >= maxDepth) {
      if (!reportDepth(this, span)) this.fault("calls-too-deep", { limit: maxDepth }, span);
      throw new Abandoned();
    }
    this.#depth++;
    try {
      return body();
    } finally {
      this.#depth--;
    }
  }

  /** Runs `body` as part of another unit and of no call: what a name of the file stands for does not depend on who asks. */
  outside<T>(unit: Unit, body: () => T): T {
    const before = this.unit;
    const frames = this.frames.splice(0);
    this.unit = unit;
    try {
      return body();
    } finally {
      this.unit = before;
      this.frames.push(...frames);
    }
  }

  /** Runs `body` for its faults of names alone. */
  whileUntyped(body: () => void): void {
    this.untyped = true;
    try {
      body();
    } finally {
      this.untyped = false;
    }
  }

  /** True while the body of a prelude item is elaborated. */
  get insidePrelude(): boolean {
    return this.frames.at(-1)?.definition.file.prelude === true;
  }

  /** `span`, or the user's call whose elaboration in the prelude it is part of. */
  userSpan(span: Span): Span {
    return this.frames.find((frame) => frame.definition.file.prelude)?.call ?? span;
  }

  /** Notes where a value comes from, and the user's name for it. */
  note(value: Value, span: Span, name: string | null = null): void {
    if (value.kind !== "tensor") return;
    const inPrelude = this.frames.findIndex((frame) => frame.definition.file.prelude);
    if (inPrelude >= 0) {
      this.origins.note(value.node, this.frames[inPrelude].call);
      return;
    }
    this.origins.note(value.node, span, name, [...new Set(this.frames.map((frame) => frame.label))]);
  }

  /** True if the shape's elements can be counted; else a fault. */
  checkSize(node: Node, span: Span): boolean {
    let elements = 1;
    for (const dim of node.shape) elements *= constantOf(dim) ?? 1;
    if (elements <= maxElements) return true;
    const shape = printShape(node.shape);
    this.fault(
      "tensor-too-large",
      { shape, elements: elements < 2 ** 53 ? print(product(node.shape)) : "too many" },
      span,
    );
    return false;
  }

  /**
   * Requires a relation of dims: true where it holds or will be checked on entry, false where it never holds (which the caller reports).
   */
  require(requirement: Requirement, reason: string): boolean {
    const decided = decide(requirement);
    if (decided !== null) return decided;
    const key = requirementKey(requirement);
    const { requirements, asked } = this.unit;
    const known = requirements.get(`${key} ${reason}`) ?? { requirement, reason, neededBy: new Set(), key };
    requirements.set(`${key} ${reason}`, known);
    asked.push(known);
    return true;
  }

  /** Runs an elaboration; the requirements that it asks for are needed by the tensors that come of it. */
  tied(elaborate: () => Value): Value {
    const { asked } = this.unit;
    const before = asked.length;
    const value = elaborate();
    const nodes = asked.length > before ? nodesOf(value) : [];
    for (const { neededBy } of asked.slice(before)) {
      // Sources are shared by all that mention them: they stand for what asked only if nothing else does.
      for (const node of nodes) if (neededBy.size === 0 || node.operands.length > 0) neededBy.add(node);
    }
    return value;
  }
}

/** What `body` gives, or `otherwise` if it is abandoned after a fault. */
function finished<T>(body: () => T, otherwise: T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof Abandoned) return otherwise;
    throw error;
  }
}

function nodesOf(value: Value): readonly Node[] {
  if (value.kind === "tensor") return [value.node];
  if (value.kind === "list") return value.elements.flatMap(nodesOf);
  return value.kind === "tuple" ? value.values.flatMap(nodesOf) : [];
}

function requirementKey({ left, relation, right }: Requirement): string {
  return relation === "divides" ? `${left.key} | ${right.key}` : `${relation} ${subtract(left, right).key}`;
}
