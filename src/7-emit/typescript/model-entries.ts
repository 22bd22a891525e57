/** One entry point of a model as a function over its store: checks, symbolic dims, kernels, results. */
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import { planSolution, type SolvePlan } from "../../ir/dim-solve.ts";
import type { GraphRequirement } from "../../ir/graph.ts";
import type { Buffer, Program, ProgramOutput } from "../../ir/program.ts";
import { namesOfSteps } from "../../ir/steps.ts";
import type { CheckedInput, CheckedModel } from "../../2-check/checked.ts";
import type { ModelEntry } from "../../3-lower/lowered.ts";
import { emitProgram, wholesOf, type WasmNames } from "./calls.ts";
import { symbolHint } from "./kernel-uses.ts";
import { emitRequirements, emitSolution, shapeText, supportCall, typeCheck } from "./checks.ts";
import { emitDim } from "./kernels.ts";
import { capacityChecks, optionChecks } from "./model-checks.ts";
import type { ModelContext, ModelNames } from "./model-context.ts";
import { freeName, identifierOf } from "./names.ts";
import { emitOut } from "./out.ts";
import { isOutput, type ResultTree } from "./results.ts";
import type { EntryProgram } from "./storage.ts";
import * as ts from "./syntax.ts";
import type { Expression, FunctionDeclaration, Parameter, Statement } from "./syntax.ts";
import { inputsType, isArray, memberKey } from "./types.ts";
import type { ModuleWriter } from "./writer.ts";

const s = ts.name("s");
const sizes = ts.member(s, "sizes");

export class EntryWriter {
  readonly #m: CheckedModel;
  readonly #kind: ModelEntry;
  readonly #program: Program;
  readonly #requirements: readonly GraphRequirement[];
  readonly #names: ModelNames;
  readonly #writer: ModuleWriter;
  readonly #locals: Set<string>;
  readonly #symbols = new Map<string, string>();
  readonly #inputs = new Map<string, string>();
  readonly #arrays = new Map<string, string>();
  readonly #views = new Map<string, string>();
  /** Results that kernels write in memory: the locals of what is returned, by buffer. */
  readonly #returned = new Map<string, string>();
  /** The locals of the arrays that these are computed in. */
  readonly #there = new Map<string, string>();
  readonly #body: Statement[] = [];

  constructor(m: CheckedModel, entry: EntryProgram, names: ModelNames, writer: ModuleWriter) {
    this.#m = m;
    this.#kind = entry.kind;
    this.#program = entry.program;
    this.#requirements = entry.requirements;
    this.#names = names;
    this.#writer = writer;
    this.#locals = new Set([...writer.names, "s", "given", "options", "step"]);
    for (const name of namesOfSteps(entry.program.steps)) this.#locals.add(name);
  }

  /** The inputs that the caller gives: all, and the targets that the outputs need. */
  given(): readonly CheckedInput[] {
    if (this.#kind === "initial" || this.#kind === "initialOptimizer" || this.#kind === "apply") return [];
    if (this.#kind !== "forward") return [...this.#m.inputs, ...this.#m.targets];
    const used = new Set(this.#program.parameters);
    return [...this.#m.inputs, ...this.#m.targets.filter((t) => used.has(t.node.attributes.name))];
  }

  /** The result of `forward`. */
  resultType(): string {
    const members = this.#program.outputs.map((o) => `${memberKey(last(o))}: ${this.#leafType(o)}`);
    return `{ ${members.join("; ")} }`;
  }

  optionsType(): string {
    const { unsolved } = this.#plan();
    const members = this.#program.outputs.map(
      (o) => `${memberKey(last(o))}${o.kind === "number" ? "?" : ""}: ${this.#leafType(o)}`,
    );
    const given = unsolved.map((symbol) => `${memberKey(symbol)}: number`);
    return `{ ${given.length > 0 ? `dims?: { ${given.join("; ")} }; ` : ""}out?: { ${members.join("; ")} } }`;
  }

  declaration(): FunctionDeclaration {
    const kind = this.#kind;
    const training = kind !== "initial" && kind !== "forward";
    const parameters: Parameter[] = [{ name: "s", type: training ? this.#names.trainingStore : this.#names.store }];
    let result: string = "void";
    if (kind === "initial" || kind === "initialOptimizer") {
      this.#kernels();
    } else if (kind === "apply") {
      parameters.push({ name: "given", type: gradientType(this.#m, this.#names.N) });
      this.#apply();
    } else {
      parameters.push({ name: "given", type: this.#givenType() });
      if (kind === "forward") parameters.push({ name: "options", type: this.optionsType(), optional: true });
      if (kind === "gradient") parameters.push({ name: "options", type: `{ out?: { gradient: ${gradientType(this.#m, this.#names.N)} } }`, optional: true }); // prettier-ignore
      result = this.#call();
    }
    return {
      kind: "function",
      exported: false,
      name: this.#names.entry(kind),
      parameters,
      result,
      body: this.#body,
      doc: [],
    };
  }

  #call(): string {
    const kind = this.#kind;
    const { unsolved } = this.#plan();
    this.#body.push(...optionChecks(kind, unsolved, this.#writer));
    this.#checkGiven();
    const { loss } = this.#m;
    const lossName = loss?.name ?? "loss";
    const value = (name: string): Expression => {
      const output = this.#program.outputs.find((o) => o.name === name);
      return output?.kind === "number" ? ts.name(output.value) : ts.name("NaN");
    };
    if (kind === "forward") {
      return this.#results(new Map(this.#program.outputs.map((o) => [last(o), o])), []);
    }
    if (kind === "evaluate") {
      this.#kernels();
      const evaluation = ts.member(s, "evaluation");
      this.#body.push(ts.assign(ts.member(evaluation, lossName), value("loss")));
      for (const metric of this.#m.metrics) {
        this.#body.push(ts.assign(ts.member(evaluation, metric.name), value(`metrics.${metric.name}`)));
      }
      this.#body.push(ts.returns(evaluation));
      return `${this.#names.trainingStore}["evaluation"]`;
    }
    this.#body.push(ts.constant("step", ts.binary("+", ts.member(s, "step"), ts.number(1))));
    if (kind === "gradient") {
      const gradient = this.#program.outputs.filter((o) => o.name !== "loss");
      const frozen = this.#m.parameters.filter((p) => p.frozen).map((p) => p.path);
      const tree = new Map<string, ResultTree | ProgramOutput>();
      for (const o of this.#program.outputs.filter(({ name }) => name === "loss")) tree.set(lossName, o);
      return this.#results(tree.set("gradient", new Map(gradient.map((o) => [last(o), o]))), frozen);
    }
    this.#kernels();
    this.#body.push(ts.assign(ts.member(s, "step"), ts.name("step")), ts.returns(value("loss")));
    return "number";
  }

  #apply(): void {
    const trained = this.#m.parameters.filter((p) => !p.frozen);
    // What has the form of all parameters will do: frozen ones are passed over.
    const keys = ts.name(this.#writer.keys(this.#m.parameters.map((p) => p.path)));
    this.#body.push(supportCall(this.#writer, "checkKeys", ts.name("given"), keys, ts.string("apply")));
    for (const p of trained) {
      const local = this.#local(`gradient_${p.path}`);
      const size = p.shape.reduce((a, n) => a * n, 1);
      const shape = ts.string(`[${p.shape.join(", ")}]`);
      this.#body.push(ts.constant(local, ts.member(ts.name("given"), p.path)));
      this.#body.push(supportCall(this.#writer, "checkArray", ts.name(local), ts.name(this.#writer.arrayType("real")), ts.string(p.path), shape)); // prettier-ignore
      this.#body.push(supportCall(this.#writer, "checkLength", ts.member(ts.name(local), "length"), ts.number(size), ts.string(p.path), shape)); // prettier-ignore
      this.#body.push(supportCall(this.#writer, "checkOutside", ts.name(local), ts.string(p.path), ts.member(s, "arena"))); // prettier-ignore
      this.#inputs.set(`gradient.${p.path}`, local);
    }
    this.#body.push(ts.constant("step", ts.binary("+", ts.member(s, "step"), ts.number(1))));
    this.#kernels();
    this.#body.push(ts.assign(ts.member(s, "step"), ts.name("step")));
  }

  #local(hint: string): string {
    const name = freeName(identifierOf(hint), this.#locals);
    this.#locals.add(name);
    return name;
  }

  #plan(): SolvePlan {
    return planSolution(
      this.given()
        .filter(isArray)
        .map((i) => ({ name: i.name, shape: i.node.shape })),
    );
  }

  #givenType(): string {
    return inputsType(this.given(), this.#writer);
  }

  #dim(dim: Dim): Expression {
    return emitDim(dim, (symbol) => this.#symbols.get(symbol) ?? symbol);
  }

  /** Everything that may be wrong with a call is refused here, before anything changes. */
  #checkGiven(): void {
    const inputs = this.given();
    const label = this.#kind === "forward" ? "inputs" : "batch";
    const keys = ts.name(this.#writer.keys(inputs.map((i) => i.name)));
    this.#body.push(supportCall(this.#writer, "checkKeys", ts.name("given"), keys, ts.string(label)));
    for (const input of inputs) {
      const local = this.#local(input.name);
      this.#inputs.set(input.node.attributes.name, local);
      this.#body.push(ts.constant(local, ts.member(ts.name("given"), input.name)));
      const { element, shape } = input.node;
      const at = ts.name(local);
      if (!isArray(input)) {
        const type = element === "bool" ? "boolean" : "number";
        this.#body.push(typeCheck(this.#writer, at, type, ts.string(input.name)));
      } else if (element === "index") {
        this.#body.push(supportCall(this.#writer, "checkIntegers", at, ts.string(input.name), shapeText(shape)));
      } else {
        const type = ts.name(this.#writer.arrayType(element));
        this.#body.push(supportCall(this.#writer, "checkArray", at, type, ts.string(input.name), shapeText(shape)));
        // The parameters change while a step still reads its inputs.
        if (this.#kind === "step") this.#body.push(supportCall(this.#writer, "checkOutside", at, ts.string(input.name), ts.member(s, "arena"))); // prettier-ignore
      }
    }
    const plan = this.#plan();
    for (const symbol of [...plan.unsolved, ...plan.steps.map((step) => step.symbol)]) {
      this.#symbols.set(symbol, this.#local(symbol));
    }
    for (const symbol of plan.unsolved) {
      const capacity = ts.member(sizes, symbol);
      const chosen = this.#kind === "forward" ? ts.binary("??", ts.member(ts.member(ts.name("options"), "dims", true), symbol, true), capacity) : capacity; // prettier-ignore
      const local = this.#symbols.get(symbol) ?? symbol;
      this.#body.push(ts.constant(local, chosen));
      this.#body.push(supportCall(this.#writer, "checkDimension", ts.name(local), ts.string(symbol)));
    }
    const byName = new Map(inputs.map((i) => [i.name, this.#inputs.get(i.node.attributes.name) ?? i.name]));
    this.#body.push(
      ...emitSolution(plan, {
        writer: this.#writer,
        symbol: (symbol) => this.#symbols.get(symbol) ?? symbol,
        argument: (name) => ts.name(byName.get(name) ?? name),
      }),
    );
    this.#body.push(...capacityChecks(this.#kind, this.#names, this.#symbols, this.#writer));
    this.#body.push(...emitRequirements(this.#m.name, this.#requirements.filter((r) => this.#knows(r.requirement)), (x) => this.#symbols.get(x) ?? x)); // prettier-ignore
    for (const input of inputs) this.#checkIndex(input);
    for (const p of this.#names.ungiven) {
      const member = this.#stored(p.node.attributes.name);
      this.#body.push(supportCall(this.#writer, "checkGiven", member, ts.string(p.path), ts.string(this.#m.name)));
    }
  }

  #knows({ left, right }: { readonly left: Dim; readonly right: Dim }): boolean {
    return [...dims.symbolsOf(left), ...dims.symbolsOf(right)].every((symbol) => this.#symbols.has(symbol));
  }

  #checkIndex(input: CheckedInput): void {
    const { bound, name } = input.node.attributes;
    if (input.node.element !== "index") return;
    const limit = bound === null ? ts.number(2 ** 31) : this.#dim(bound);
    const local = ts.name(this.#inputs.get(name) ?? name);
    if (!isArray(input)) {
      this.#body.push(supportCall(this.#writer, "checkIndex", local, limit, ts.string(input.name)));
      return;
    }
    this.#body.push(supportCall(this.#writer, "stageIndices", local, this.#stored(name), limit, ts.string(input.name), shapeText(input.node.shape))); // prettier-ignore
    this.#inputs.delete(name);
  }

  #stored(buffer: string): Expression {
    const found: Buffer = { name: buffer, element: "real", shape: [], role: "parameter", label: buffer };
    return ts.member(s, this.#names.layout.memberOf(this.#kind, found) ?? "");
  }

  /** The kernels, between the code that takes `out` and that which returns it; gives the type of the result. */
  #results(shown: ResultTree, frozen: readonly string[]): string {
    const out = "out";
    const given = [...this.#inputs].filter(([input]) => this.#isArrayInput(input)).map(([, name]) => name);
    const { statements, writes } = emitOut(shown, out, {
      writer: this.#writer,
      local: (hint) => this.#local(hint),
      array: (output, path) => {
        const { element, shape } = this.#buffer(output.buffer);
        const local = this.#local(path.join("_"));
        this.#arrays.set(output.name, local);
        return { local, type: this.#writer.arrayType(element), size: this.#dim(dims.product(shape)), shape };
      },
      type: (tree) => this.#treeType(tree, true),
      apart: (array, label) => [
        supportCall(this.#writer, "checkOutside", array, label, ts.member(s, "arena")),
        ...given.map((name) => supportCall(this.#writer, "checkApart", array, label, ts.name(name), ts.string(name))),
      ],
      ignored: (path) => (path.length > 0 ? frozen : []),
    });
    const type = this.#treeType(shown, false);
    const member = ts.member(ts.name("options"), "out", true);
    this.#body.push(
      ts.constant(out, { kind: "as", value: member, type: `${this.#treeType(shown, true)} | undefined` }),
    );
    this.#body.push(...statements);
    this.#kernels();
    const valueOf = (entry: ResultTree | ProgramOutput): Expression => {
      if (!isOutput(entry)) return ts.object(...[...entry].map(([k, e]) => ts.property(k, valueOf(e))));
      return ts.name(entry.kind === "number" ? entry.value : (this.#arrays.get(entry.name) ?? ""));
    };
    const whole: Expression = { kind: "as", value: ts.name(out), type };
    this.#body.push(
      ts.when(ts.binary("!==", ts.name(out), ts.name("undefined")), [...writes(valueOf), ts.returns(whole)]),
      ts.returns(valueOf(shown)),
    );
    return type;
  }

  #treeType(entry: ResultTree | ProgramOutput, out: boolean): string {
    if (isOutput(entry)) return this.#leafType(entry);
    const members = [...entry].map(([key, e]) => {
      const optional = out && isOutput(e) && e.kind === "number" ? "?" : "";
      const type = isOutput(e) ? this.#leafType(e) : gradientType(this.#m, this.#names.N);
      return `${memberKey(key)}${optional}: ${type}`;
    });
    return `{ ${members.join("; ")} }`;
  }

  #isArrayInput(name: string): boolean {
    return [...this.#m.inputs, ...this.#m.targets].some((i) => i.node.attributes.name === name && isArray(i));
  }

  #leafType(output: ProgramOutput): string {
    if (output.kind === "number") return output.element === "bool" ? "boolean" : "number";
    return this.#writer.arrayType(this.#buffer(output.buffer).element);
  }

  #buffer(name: string): Buffer {
    const buffer = this.#program.buffers.find((b) => b.name === name);
    if (buffer === undefined) throw new Error(`internal: no buffer ${name}`);
    return buffer;
  }

  #kernels(): void {
    for (const [whole, dim] of wholesOf(this.#program)) {
      const local = this.#local(symbolHint(whole, dim));
      this.#body.push(ts.constant(local, this.#dim(dim)));
      this.#symbols.set(whole, local);
    }
    const wasm = this.#wasm();
    const before = this.#body.length;
    const statements = emitProgram(
      this.#program,
      {
        array: (buffer, inline) => this.#array(buffer, inline),
        symbol: (symbol) => this.#symbols.get(symbol) ?? symbol,
        argument: (path) => this.#argument(path),
        precision: this.#writer.precision,
        prefix: this.#names.entry(this.#kind),
        wasm,
      },
      this.#writer,
    );
    // Views that code in place uses are read from the store once.
    const views = [...this.#views].map(([member, local]) => ts.constant(local, ts.member(s, member)));
    this.#body.splice(before, 0, ...views);
    this.#body.push(...statements);
    if (wasm === null || this.#returned.size === 0) return;
    const copies = [...this.#returned].map(([name, local]) => supportCall(this.#writer, "copyOut", this.#member(this.#buffer(name)), ts.name(local))); // prettier-ignore
    this.#body.push(ts.when(ts.binary("!==", ts.name(wasm.kernels), ts.name("null")), copies));
  }

  /** Brings what kernels in WebAssembly read into memory, and says how they are called. */
  #wasm(): WasmNames | null {
    const { writer } = { writer: this.#writer.wasm };
    const model = this.#names.wasm;
    if (writer === null || model === null || !model.has(this.#kind)) return null;
    const kernels = this.#local("kernels");
    const exchange = this.#local("exchange");
    this.#body.push(ts.constant(kernels, ts.member(s, "kernels")), ts.constant(exchange, ts.member(s, "exchange")));
    const isThere = ts.binary("!==", ts.name(kernels), ts.name("null"));
    const copies: Statement[] = [];
    for (const buffer of model.staged(this.#kind)) {
      const member = this.#member(buffer);
      if (buffer.role === "parameter") {
        const local = this.#inputs.get(buffer.name);
        if (local === undefined) throw new Error(`internal: ${buffer.name} is no input`);
        copies.push(ts.expression(ts.call(ts.member(member, "set"), ts.name(local))));
        continue;
      }
      const output = buffer.name.replace(/^result\./, "");
      const local = this.#arrays.get(output);
      if (local === undefined) throw new Error(`internal: ${buffer.name} is no result`);
      const there = this.#local(`${local}There`);
      this.#body.push(ts.constant(there, ts.conditional(isThere, member, ts.name(local))));
      this.#returned.set(buffer.name, local);
      this.#there.set(buffer.name, there);
    }
    if (copies.length > 0) this.#body.push(ts.when(isThere, copies));
    const address = (buffer: Buffer): Expression => ts.member(this.#member(buffer), "byteOffset");
    return {
      writer,
      kernels,
      exchange,
      address,
      panel: () => address({ name: "panel", element: "real", shape: [], role: "temporary", label: "panel" }),
    };
  }

  /** The store's array that holds a buffer. */
  #member(buffer: Buffer): Expression {
    const member = this.#names.layout.memberOf(this.#kind, buffer);
    if (member === null) throw new Error(`internal: ${this.#kind} has no place for ${buffer.name}`);
    return ts.member(s, member);
  }

  #array(buffer: Buffer, inline: boolean): { readonly name: string; readonly base: null } {
    const there = this.#there.get(buffer.name);
    if (there !== undefined) return { name: there, base: null };
    const result = this.#arrays.get(buffer.name.replace(/^result\./, ""));
    if (buffer.role === "result" && result !== undefined) return { name: result, base: null };
    const given = this.#inputs.get(buffer.name);
    if (given !== undefined) return { name: given, base: null };
    const member = this.#names.layout.memberOf(this.#kind, buffer);
    if (member === null) throw new Error(`internal: ${this.#kind} has no place for ${buffer.name}`);
    if (!inline) return { name: `s.${member}`, base: null };
    const local = this.#views.get(member) ?? this.#local(member);
    this.#views.set(member, local);
    return { name: local, base: null };
  }

  #argument(path: string): Expression | null {
    if (path === "seed") return ts.member(s, "seed");
    if (path === "step") return ts.name("step");
    const given = this.#inputs.get(path);
    if (given !== undefined) return ts.name(given);
    const hyper = this.#m.hypers.find((h) => h.node.attributes.name === path);
    return hyper === undefined ? null : ts.member(ts.member(s, "hyper"), hyper.name);
  }
}

/** The writer of one entry point of a model. */
export function entryOf(c: ModelContext, kind: ModelEntry): EntryWriter {
  const entry = c.entries.find((e) => e.kind === kind);
  if (entry === undefined) throw new Error(`internal: ${c.m.name} has no entry point ${kind}`);
  return new EntryWriter(c.m, entry, c.names, c.writer);
}

/** Gradients have no entries for frozen parameters. */
export function gradientType(m: CheckedModel, N: string): string {
  const frozen = m.parameters.filter((p) => p.frozen).map((p) => JSON.stringify(p.path));
  return frozen.length === 0 ? `${N}Params` : `Omit<${N}Params, ${frozen.join(" | ")}>`;
}

/** A name without its section: `outputs.p` -> `p`, `gradient.h.W` -> `h.W`. */
function last(output: ProgramOutput): string {
  return output.name.slice(output.name.indexOf(".") + 1);
}
