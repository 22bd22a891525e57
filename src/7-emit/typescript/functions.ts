/** The exported functions of a module: checks, symbolic dims, kernels, results. */
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import { planSolution, type SolvePlan } from "../../ir/dim-solve.ts";
import type { ElementType, Graph, SparsityPattern } from "../../ir/graph.ts";
import type { Buffer, Program, ProgramOutput } from "../../ir/program.ts";
import type { CheckedFunction, CheckedInput, DerivativeKind } from "../../2-check/checked.ts";
import { dimExpression, emitProgram, wholesOf, type EntryNames } from "./calls.ts";
import { symbolHint } from "./kernel-uses.ts";
import { emitRequirements, emitSolution, shapeText, supportCall } from "./checks.ts";
import { declaredName, freeName, identifierOf, upperFirst } from "./names.ts";
import { emitOut, holdsArrays, type OutCode } from "./out.ts";
import { isOutput, resultTree, type ResultTree } from "./results.ts";
import * as ts from "./syntax.ts";
import type { Expression, Parameter, Statement } from "./syntax.ts";
import { isArray, memberKey } from "./types.ts";
import { integers, type ModuleWriter, type Precision } from "./writer.ts";

/** One derivative of one function, scheduled. */
export interface FunctionEntry {
  readonly kind: DerivativeKind;
  readonly wrt: readonly string[];
  readonly program: Program;
  /** Of the results that are entries of a matrix. */
  readonly patterns: ReadonlyMap<string, SparsityPattern>;
}

/** The patterns of a graph's sparse results, by their names. */
export function patternsOf({ outputs }: Graph): FunctionEntry["patterns"] {
  return new Map(
    outputs.flatMap(({ name, sparse }) => (sparse === undefined || "by" in sparse ? [] : [[name, sparse] as const])),
  );
}

/** `f`, `fGradient`, `fSparseJacobian`, ... */
export function entryName(f: string, kind: DerivativeKind): string {
  return kind === "value" ? f : `${f}${kind.split("_").map(upperFirst).join("")}`;
}

/** What an entry point of a function exports: the function, and the patterns of what it returns. */
export function functionExports(f: string, kind: DerivativeKind): readonly string[] {
  const name = entryName(f, kind);
  return isSparse(kind) ? [name, patternName(name)] : [name];
}

function isSparse(kind: DerivativeKind): boolean {
  return kind === "sparse_jacobian" || kind === "sparse_hessian";
}

function patternName(entry: string): string {
  return `${entry}Pattern`;
}

/** Adds one exported function an entry, and the patterns of sparse results. */
export function emitFunction(f: CheckedFunction, entries: readonly FunctionEntry[], writer: ModuleWriter): void {
  for (const entry of entries) {
    writer.exports.push(new FunctionWriter(f, entry, writer).declaration());
    if (isSparse(entry.kind)) writer.exports.push(patternConstant(patternName(entryName(f.name, entry.kind)), entry));
  }
}

/** Compressed sparse rows of each result, in the tree of their names without the first: `{ x: { x: { rows, ... } } }`. */
function patternConstant(name: string, { patterns, program }: FunctionEntry): Statement {
  const type = "{ readonly rows: number; readonly columns: number; readonly rowStarts: Int32Array; readonly columnIndices: Int32Array }"; // prettier-ignore
  const outputs = program.outputs.filter((output) => patterns.has(output.name));
  const described = (entry: ResultTree | ProgramOutput): { readonly value: Expression; readonly type: string } => {
    if (!isOutput(entry)) {
      const parts = [...entry].map(([key, inner]) => ({ key, ...described(inner) }));
      return {
        value: ts.object(...parts.map((part) => ts.property(part.key, part.value))),
        type: `{ ${parts.map((part) => `readonly ${memberKey(part.key)}: ${part.type}`).join("; ")} }`,
      };
    }
    const pattern = patterns.get(entry.name);
    if (pattern === undefined) throw new Error(`internal: no pattern of ${entry.name}`);
    const value = ts.object(
      ts.property("rows", ts.number(pattern.rowCount)),
      ts.property("columns", ts.number(pattern.columnCount)),
      ts.property("rowStarts", integers(pattern.starts)),
      ts.property("columnIndices", integers(pattern.columns)),
    );
    return { value, type };
  };
  const [top] = resultTree(outputs).values();
  return { kind: "const", name, exported: true, ...described(top) };
}

const documentation: Readonly<Record<DerivativeKind, string | null>> = {
  value: null,
  gradient: "Value and gradient.",
  jvp: "Value and directional derivative along `v`.",
  jacobian: "Value and Jacobian: the shape of the result, then that of the argument.",
  hessian: "Value, gradient and Hessian in blocks by argument pair.",
  hvp: "Value and Hessian times `v`.",
  sparse_jacobian:
    "Value and those entries of the Jacobian that can be nonzero, row by row: the exported pattern says where each stands.",
  sparse_hessian:
    "Value, gradient and those entries of the Hessian that can be nonzero, in blocks by argument pair, row by row: the exported pattern says where each stands.",
};

class FunctionWriter {
  readonly #f: CheckedFunction;
  readonly #entry: FunctionEntry;
  readonly #writer: ModuleWriter;
  readonly #locals: Set<string>;
  readonly #argumentNames = new Map<string, string>();
  readonly #arrays = new Map<string, { name: string; base: Expression | null }>();
  readonly #plan: SolvePlan;
  readonly #symbols = new Map<string, string>();
  /** The locals that hold arrays of directions. */
  readonly #directions = new Map<string, { readonly name: string }>();
  readonly #body: Statement[] = [];

  constructor(f: CheckedFunction, entry: FunctionEntry, writer: ModuleWriter) {
    this.#f = f;
    this.#entry = entry;
    this.#writer = writer;
    this.#locals = new Set(writer.names);
    for (const input of f.inputs) this.#argumentNames.set(input.name, this.#local(input.name));
    this.#plan = planSolution(f.inputs.filter(isArray).map((i) => ({ name: i.name, shape: i.node.shape })));
    const symbols = [...this.#plan.unsolved, ...this.#plan.steps.map((s) => s.symbol)];
    for (const symbol of symbols) this.#symbols.set(symbol, this.#local(symbol));
  }

  declaration(): Statement {
    const { kind, program } = this.#entry;
    const name = entryName(this.#f.name, kind);
    const directions = kind === "jvp" || kind === "hvp";
    const v = directions ? this.#local("v") : "v";
    const tree = resultTree(program.outputs);
    const shown = kind === "value" ? (tree.get("value") ?? tree) : tree;
    const withOut = holdsArrays(shown);
    const parameters: Parameter[] = this.#f.inputs.map((input) => ({
      name: this.#argument(input.name),
      type: this.#typeOf(input),
    }));
    if (directions) parameters.push({ name: v, type: this.#directionType() });
    if (this.#plan.unsolved.length > 0) {
      parameters.push({ name: "dims", type: `{ ${this.#plan.unsolved.map((s) => `${s}: number`).join("; ")} }` });
    }
    if (withOut) parameters.push({ name: "out", type: this.#outType(shown), optional: true });

    this.#checkArguments();
    this.#solve();
    if (directions) this.#checkDirections(v);
    this.#body.push(...emitRequirements(this.#f.name, this.#f.requirements, (s) => this.#symbols.get(s) ?? s));
    const results = new Map<ProgramOutput, Expression>();
    const taken = this.#takeOut(shown, results);
    this.#body.push(...taken.statements);
    for (const [whole, dim] of wholesOf(program)) {
      const local = this.#local(identifierOf(symbolHint(whole, dim)));
      this.#body.push(ts.constant(local, this.#dim(dim)));
      this.#symbols.set(whole, local);
    }
    this.#placeTemporaries(program);
    const names: EntryNames = {
      array: (buffer) => this.#array(buffer),
      symbol: (symbol) => this.#symbols.get(symbol) ?? symbol,
      argument: (path) => this.#argumentValue(path, v),
      precision: this.#precision(),
      prefix: name,
    };
    this.#body.push(...emitProgram(program, names, this.#writer));
    this.#body.push(...this.#return(shown, results, taken));
    return {
      kind: "function",
      exported: declaredName(name) === name ? true : name,
      name: declaredName(name),
      parameters,
      result: this.#resultType(shown, false),
      body: this.#body,
      doc: this.#documentation(),
    };
  }

  #documentation(): readonly string[] {
    const own = this.#f.doc === null ? [] : this.#f.doc.split("\n");
    const kind = documentation[this.#entry.kind];
    return kind === null ? own : [...own, kind];
  }

  /** Scalars are doubles and never rounded: functions of numbers alone use the functions accurate in double. */
  #precision(): Precision {
    return this.#entry.program.buffers.length === 0 ? "f64" : this.#writer.precision;
  }

  #local(hint: string): string {
    const name = freeName(hint, this.#locals);
    this.#locals.add(name);
    return name;
  }

  #argument(name: string): string {
    return this.#argumentNames.get(name) ?? name;
  }

  #argumentValue(path: string, v: string): Expression | null {
    const own = this.#argumentNames.get(path);
    if (own !== undefined) return ts.name(own);
    return path.startsWith("v.") ? ts.member(ts.name(v), path.slice(2)) : null;
  }

  #typeOf({ node }: CheckedInput): string {
    if (node.attributes.held === "array") return this.#writer.arrayType(node.element);
    return node.element === "bool" ? "boolean" : "number";
  }

  #directionType(): string {
    const inputs = this.#differentiated().map((i) => `${memberKey(i.name)}: ${this.#typeOf(i)}`);
    return `{ ${inputs.join("; ")} }`;
  }

  #differentiated(): readonly CheckedInput[] {
    return this.#f.inputs.filter((i) => this.#entry.wrt.includes(i.name));
  }

  #call(support: string, ...args: readonly Expression[]): Statement {
    return supportCall(this.#writer, support, ...args);
  }

  #checkArguments(): void {
    for (const input of this.#f.inputs) {
      const argument = ts.name(this.#argument(input.name));
      if (isArray(input)) {
        const type = ts.name(this.#writer.arrayType(input.node.element));
        this.#body.push(this.#call("checkArray", argument, type, ts.string(input.name), shapeText(input.node.shape)));
      } else {
        const type = input.node.element === "bool" ? "boolean" : "number";
        this.#body.push(this.#call("checkType", argument, ts.string(type), ts.string(input.name)));
      }
    }
    const { unsolved } = this.#plan;
    if (unsolved.length === 0) return;
    this.#body.push(this.#call("checkKeys", ts.name("dims"), ts.name(this.#writer.keys(unsolved)), ts.string("dims")));
    for (const symbol of unsolved) {
      const local = this.#symbols.get(symbol) ?? symbol;
      this.#body.push(ts.constant(local, ts.member(ts.name("dims"), symbol)));
      this.#body.push(this.#call("checkDimension", ts.name(local), ts.string(symbol)));
    }
  }

  /** Symbols from the lengths of arguments, and the bounds of index arguments. */
  #solve(): void {
    const context = {
      writer: this.#writer,
      symbol: (name: string) => this.#symbols.get(name) ?? name,
      argument: (name: string) => ts.name(this.#argument(name)),
    };
    this.#body.push(...emitSolution(this.#plan, context));
    for (const input of this.#f.inputs) {
      const { bound } = input.node.attributes;
      if (bound === null || input.node.element !== "index") continue;
      const check = isArray(input) ? "checkIndices" : "checkIndex";
      this.#body.push(this.#call(check, ts.name(this.#argument(input.name)), this.#dim(bound), ts.string(input.name)));
    }
  }

  #dim(dim: Dim): Expression {
    return dimExpression(dim, { symbol: (s) => this.#symbols.get(s) ?? s });
  }

  #checkDirections(v: string): void {
    const inputs = this.#differentiated();
    this.#body.push(
      this.#call("checkKeys", ts.name(v), ts.name(this.#writer.keys(inputs.map((i) => i.name))), ts.string("v")),
    );
    for (const input of inputs) {
      const value = ts.member(ts.name(v), input.name);
      const label = ts.string(`v.${input.name}`);
      if (!isArray(input)) {
        this.#body.push(this.#call("checkType", value, ts.string("number"), label));
        continue;
      }
      const local = this.#local(`v_${input.name}`);
      this.#arrays.set(`v.${input.name}`, { name: local, base: null });
      this.#directions.set(`v.${input.name}`, { name: local });
      this.#body.push(ts.constant(local, value));
      const { shape, element } = input.node;
      this.#body.push(this.#call("checkArray", ts.name(local), ts.name(this.#writer.arrayType(element)), label, shapeText(shape))); // prettier-ignore
      this.#body.push(this.#call("checkLength", ts.member(ts.name(local), "length"), this.#dim(dims.product(shape)), label, shapeText(shape))); // prettier-ignore
    }
  }

  #leafType(output: ProgramOutput): string {
    if (output.kind === "number") return output.element === "bool" ? "boolean" : "number";
    return this.#writer.arrayType(this.#buffer(output.buffer).element);
  }

  #buffer(name: string): Buffer {
    const buffer = this.#entry.program.buffers.find((b) => b.name === name);
    if (buffer === undefined) throw new Error(`internal: no buffer ${name}`);
    return buffer;
  }

  #resultType(entry: ResultTree | ProgramOutput, out: boolean): string {
    if (isOutput(entry)) return this.#leafType(entry);
    const members = [...entry].map(([name, e]) => {
      const optional = out && !holdsArrays(e) ? "?" : "";
      return `${memberKey(name)}${optional}: ${this.#resultType(e, out)}`;
    });
    return `{ ${members.join("; ")} }`;
  }

  /** What `out` must hold: the arrays; numbers are written into it as well. */
  #outType(entry: ResultTree | ProgramOutput): string {
    return this.#resultType(entry, true);
  }

  /** Locals for the arrays of the result: those of `out`, checked, or fresh ones. */
  #takeOut(shown: ResultTree | ProgramOutput, locals: Map<ProgramOutput, Expression>): OutCode {
    if (!holdsArrays(shown)) return { statements: [], writes: () => [] };
    return emitOut(shown, "out", {
      writer: this.#writer,
      local: (hint) => this.#local(identifierOf(hint)),
      array: (output, path) => {
        const { element, shape } = this.#buffer(output.buffer);
        const local = this.#local(identifierOf(path.join("_") || "result"));
        this.#arrays.set(output.buffer, { name: local, base: null });
        locals.set(output, ts.name(local));
        return { local, type: this.#writer.arrayType(element), size: this.#dim(dims.product(shape)), shape };
      },
      type: (tree) => this.#resultType(tree, true),
      apart: (array, label) => {
        const inputs = this.#f.inputs.filter(isArray).map(({ name }) => ({ name, local: this.#argument(name) }));
        const directions = [...this.#directions].map(([name, { name: local }]) => ({ name, local }));
        return [...inputs, ...directions].map(({ name, local }) =>
          this.#call("checkApart", array, label, ts.name(local), ts.string(name)),
        );
      },
      ignored: () => [],
    });
  }

  /** Temporaries lie one after the other in the module's scratch memory. */
  #placeTemporaries(program: Program): void {
    const { arena } = program;
    const offsets: Expression[] = arena.slots.map(() => ts.number(0));
    for (const element of ["real", "index", "bool"] as const) {
      let total = dims.constant(0);
      arena.slots.forEach((slot, k) => {
        if (slot.element !== element) return;
        offsets[k] = this.#dim(total);
        total = dims.add(total, slot.size);
      });
      if (!arena.slots.some((s) => s.element === element)) continue;
      const reserve = this.#writer.scratch(element);
      this.#body.push(ts.constant(scratchNames[element], ts.call(reserve, this.#dim(total))));
    }
    for (const buffer of program.buffers) {
      const slot = arena.slotOf.get(buffer.name);
      if (slot === undefined) continue;
      this.#arrays.set(buffer.name, { name: scratchNames[arena.slots[slot].element], base: offsets[slot] });
    }
  }

  #array(buffer: Buffer): { readonly name: string; readonly base: Expression | null } {
    const known = this.#arrays.get(buffer.name);
    if (known !== undefined) return known;
    return { name: this.#argument(buffer.name), base: null };
  }

  #return(
    shown: ResultTree | ProgramOutput,
    locals: ReadonlyMap<ProgramOutput, Expression>,
    { writes }: OutCode,
  ): readonly Statement[] {
    const valueOf = (entry: ResultTree | ProgramOutput): Expression => {
      if (!isOutput(entry)) return ts.object(...[...entry].map(([k, e]) => ts.property(k, valueOf(e))));
      if (entry.kind === "number") return ts.name(entry.value);
      return locals.get(entry) ?? ts.name("undefined");
    };
    const fresh = ts.returns(valueOf(shown));
    if (isOutput(shown) || !holdsArrays(shown)) return [fresh];
    const type = this.#resultType(shown, false);
    const given = [...writes(valueOf), ts.returns({ kind: "as", value: ts.name("out"), type })];
    return [ts.when(ts.binary("!==", ts.name("out"), ts.name("undefined")), given), fresh];
  }
}

const scratchNames: Readonly<Record<ElementType, string>> = { real: "memory", index: "integers", bool: "flags" };
