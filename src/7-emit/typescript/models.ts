/** The exported interface, constructors and information of a model. */
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import type { ElementType } from "../../ir/graph.ts";
import type { CheckedInput, CheckedModel, CheckedTensor } from "../../2-check/checked.ts";
import { emitDim } from "./kernels.ts";
import { supportCall } from "./checks.ts";
import { EntryWriter, gradientType, type ModelNames } from "./model-entries.ts";
import { freeName, identifierOf, lowerLeading, upperFirst } from "./names.ts";
import { layOut, MemberNames, optimizerTensors, storedTensors, type EntryProgram, type Layout } from "./storage.ts";
import * as ts from "./syntax.ts";
import type { Expression, InterfaceDeclaration, Member, Statement } from "./syntax.ts";
import { inputsType, memberKey, objectType } from "./types.ts";
import type { ModuleWriter } from "./writer.ts";

export type ModelEntryProgram = EntryProgram;

export interface ModelInfo {
  readonly model: CheckedModel;
  /** Of the source text, as hexadecimal. */
  readonly sourceHash: string;
}

/** The names that a model adds to the module's exports. */
export function exportedNames(m: CheckedModel): readonly string[] {
  const N = upperFirst(m.name);
  const trainer = m.loss === null ? [] : [`${N}Trainer`, `create${N}Trainer`];
  return [N, `${N}Params`, `create${N}`, ...trainer, `${lowerLeading(m.name)}Info`];
}

/** Keys of the options of `create...` besides the capacities. */
export const optionKeys: readonly string[] = ["params", "engine", "wasm", "seed", "threads"];

/** Adds a model's declarations to the module. */
export function emitModel(info: ModelInfo, entries: readonly ModelEntryProgram[], writer: ModuleWriter): void {
  new ModelWriter(info, entries, writer).emit();
}

class ModelWriter {
  readonly #info: ModelInfo;
  readonly #m: CheckedModel;
  readonly #entries: readonly ModelEntryProgram[];
  readonly #writer: ModuleWriter;
  readonly #names: ModelNames;
  /** The functions that list stored tensors, and those that make each kind of store. */
  readonly #tensors: { readonly inference: string; readonly training: string };
  readonly #creators: ReadonlyMap<string, string>;
  readonly #inference: Layout;
  readonly #training: Layout;
  /** `Digits` and `digits`. */
  readonly #N: string;
  readonly #n: string;

  constructor(info: ModelInfo, entries: readonly ModelEntryProgram[], writer: ModuleWriter) {
    this.#info = info;
    this.#m = info.model;
    this.#entries = entries;
    this.#writer = writer;
    this.#N = upperFirst(this.#m.name);
    this.#n = lowerLeading(this.#m.name);
    const symbols = capacities(this.#m);
    const members = new MemberNames([
      "arena",
      "hyper",
      "params",
      "create",
      "step",
      "seed",
      "evaluation",
      "sizes",
      "reals",
      "integers",
      "flags",
      ...symbols.map(symbolLocal),
    ]);
    const needsStaging = [...this.#m.inputs, ...this.#m.targets].filter(isStaged);
    const forInference = entries.filter((e) => e.kind === "initial" || e.kind === "forward");
    const optimizer = optimizerTensors(this.#m);
    const stored = storedTensors(this.#m);
    this.#inference = layOut(stored, needsStaging, forInference, members);
    this.#training = layOut([...stored, ...optimizer], needsStaging, entries, members);
    const entryNames = new Map(entries.map(({ kind }) => [kind, writer.topLevelName(`${this.#n}${upperFirst(kind)}`)]));
    this.#tensors = {
      inference: writer.topLevelName(`${this.#n}Tensors`),
      training: writer.topLevelName(`${this.#n}TrainingTensors`),
    };
    this.#names = {
      N: this.#N,
      n: this.#n,
      store: writer.topLevelName(`${this.#N}Store`),
      trainingStore: writer.topLevelName(`${this.#N}TrainingStore`),
      symbols,
      layout: this.#training,
      entry: (kind) => entryNames.get(kind) ?? kind,
      ungiven: this.#m.parameters.filter((p) => p.frozen && p.initial === null),
    };
    const { store, trainingStore } = this.#names;
    this.#creators = new Map([store, trainingStore].map((name) => [name, writer.topLevelName(`create${name}`)]));
  }

  emit(): void {
    const { exports } = this.#writer;
    exports.push(this.#paramsInterface(), this.#inferenceInterface());
    const trains = this.#m.loss !== null;
    if (trains) exports.push(this.#trainerInterface());
    exports.push(this.#createInference());
    if (trains) exports.push(this.#createTrainer());
    exports.push(this.#infoConstant());
    exports.push(this.#storeInterface(this.#names.store, this.#inference, []));
    exports.push(this.#storeFunction(this.#names.store, this.#inference, false));
    if (trains) {
      exports.push(this.#storeInterface(this.#names.trainingStore, this.#training, this.#inference.members));
      exports.push(this.#storeFunction(this.#names.trainingStore, this.#training, true));
    }
    exports.push(this.#tensorsFunction(this.#tensors.inference, storedTensors(this.#m), this.#names.store));
    if (trains) {
      const all = [...storedTensors(this.#m), ...optimizerTensors(this.#m)];
      exports.push(this.#tensorsFunction(this.#tensors.training, all, this.#names.trainingStore));
    }
    for (const entry of this.#entries) {
      exports.push(new EntryWriter(this.#m, entry, this.#names, this.#writer).declaration());
    }
  }

  #real(): string {
    return this.#writer.arrayType("real");
  }

  #paramsInterface(): InterfaceDeclaration {
    return {
      kind: "interface",
      exported: true,
      name: `${this.#N}Params`,
      extends: null,
      doc: [`The parameters of ${this.#N}: row-major arrays, scalars as arrays of one.`],
      members: this.#m.parameters.map((p) => ({
        text: `readonly ${memberKey(p.path)}: ${this.#real()}`,
        doc: [`[${p.shape.join(", ")}]${p.frozen ? ", frozen" : ""}`],
      })),
    };
  }

  #inferenceInterface(): InterfaceDeclaration {
    const forward = this.#entryWriter("forward");
    const hyper = objectType(this.#m.hypers.map((h) => [h.name, "number"]));
    const outputs = forward.resultType();
    return {
      kind: "interface",
      exported: true,
      name: this.#N,
      extends: null,
      doc: [...docOf(this.#m), "Inference: dropout off, stored state."],
      members: [
        { text: `readonly params: ${this.#N}Params`, doc: ["Live arrays: write with `.set()`."] },
        { text: `readonly hyper: ${hyper}`, doc: ["Read at each call."] },
        { text: `readonly engine: "ts" | "wasm" | "wasm-relaxed"`, doc: [] },
        {
          text: `forward(inputs: ${inputsType(forward.given(), this.#writer)}, options?: ${forward.optionsType()}): ${outputs}`,
          doc: ["The outputs for one batch; with `out` they are written there and nothing is allocated."],
        },
        {
          text: `load(bytes: Uint8Array, options?: { rename?: Record<string, string> }): { reset: string[]; unknown: string[] }`,
          doc: ["Reads a safetensors file; nothing changes if it does not fit."],
        },
        { text: `save(): Uint8Array`, doc: ["A safetensors file: parameters, frozen parameters, state."] },
      ],
    };
  }

  #trainerInterface(): InterfaceDeclaration {
    const batch = inputsType([...this.#m.inputs, ...this.#m.targets], this.#writer);
    const metrics: [string, string][] = this.#m.metrics.map((metric) => [metric.name, "number"]);
    const evaluation = objectType([[this.#m.loss?.name ?? "loss", "number"], ...metrics]);
    const gradient = this.#gradientType();
    const members = [
      {
        text: `evaluate(batch: ${batch}): ${evaluation}`,
        doc: ["Loss and metrics, dropout off. The object is reused."],
      },
      {
        text: `gradient(batch: ${batch}, options?: { out?: { gradient: ${gradientType(this.#m, this.#N)} } }): ${gradient}`,
        doc: ["Loss and gradient in training mode; updates and advances nothing."],
      },
    ];
    if (this.#m.train !== null) {
      const rounded = this.#writer.precision === "f32" ? " Gradients come in f32; `step` keeps its own in double." : "";
      members.push(
        { text: `step(batch: ${batch}): number`, doc: ["Forward, backward, update; the loss before the update."] },
        {
          text: `apply(gradient: ${gradientType(this.#m, this.#N)}): void`,
          doc: [`The optimizer's update alone.${rounded}`],
        },
      );
    }
    members.push({
      text: `reset(seed?: number): void`,
      doc: ["Parameters, state, optimizer and step count as created; not hyper."],
    });
    return {
      kind: "interface",
      exported: true,
      name: `${this.#N}Trainer`,
      extends: this.#N,
      members,
      doc: ["Training. `save` adds optimizer state, seed and step: a loaded run continues bit for bit."],
    };
  }

  #gradientType(): string {
    return `{ ${this.#m.loss?.name ?? "loss"}: number; gradient: ${gradientType(this.#m, this.#N)} }`;
  }

  #optionsType(training: boolean): string {
    const members: [string, string][] = this.#names.symbols.map((s) => [s, "number"]);
    const optional: [string, string][] = [
      ...(training ? ([["seed", "number"]] as [string, string][]) : []),
      ["params", `Partial<${this.#N}Params>`],
      ["engine", `"ts" | "wasm" | "wasm-relaxed"`],
      ["wasm", "unknown"],
      ...(training ? ([["threads", "number"]] as [string, string][]) : []),
    ];
    const texts = [...members.map(([k, t]) => `${memberKey(k)}: ${t}`), ...optional.map(([k, t]) => `${k}?: ${t}`)];
    return `{ ${texts.join("; ")} }`;
  }

  #entryWriter(kind: EntryProgram["kind"]): EntryWriter {
    const entry = this.#entries.find((e) => e.kind === kind);
    if (entry === undefined) throw new Error(`internal: ${this.#m.name} has no entry point ${kind}`);
    return new EntryWriter(this.#m, entry, this.#names, this.#writer);
  }

  /** Checks of the options, then the store. */
  #opening(create: string, store: string, training: boolean): Statement[] {
    const body: Statement[] = [];
    const options = ts.name("options");
    const keys = [...this.#names.symbols, "params", "engine", "wasm", ...(training ? ["seed", "threads"] : [])];
    const check = supportCall(this.#writer, "checkKeys", options, ts.name(this.#writer.keys(keys)), ts.string(create));
    if (this.#names.symbols.length > 0) body.push(check);
    else body.push(ts.when(ts.binary("!==", options, ts.name("undefined")), [check]));
    body.push(supportCall(this.#writer, "checkEngine", options, ts.string(create)));
    const sizes = this.#names.symbols.map((symbol) =>
      ts.call(this.#writer.support("capacityOf"), ts.member(options, symbol), ts.string(symbol), ts.string(create)),
    );
    body.push(ts.constant("s", ts.call(this.#creators.get(store) ?? store, ...sizes)));
    return body;
  }

  #createInference(): Statement {
    const create = `create${this.#N}`;
    const s = ts.name("s");
    const optional = this.#names.symbols.length === 0;
    const params = ts.member(ts.name("options"), "params", optional);
    const tensors = ts.call(this.#tensors.inference, s);
    return {
      kind: "function",
      exported: true,
      name: create,
      parameters: [{ name: "options", type: this.#optionsType(false), optional }],
      result: this.#N,
      doc: [`Creates ${this.#N} for inference, for at most the sizes given.`],
      body: [
        ...this.#opening(create, this.#names.store, false),
        ts.expression(ts.call(this.#names.entry("initial"), s)),
        ts.when(ts.binary("!==", params, ts.name("undefined")), [
          supportCall(
            this.#writer,
            "setArrays",
            ts.member(s, "params"),
            params,
            ts.string("params"),
            ts.boolean(false),
          ),
        ]),
        ts.returns(
          ts.object(
            ...this.#sharedMembers(s),
            method("load", [["bytes", "Uint8Array"], ["options?", "{ rename?: Record<string, string> }"]], "{ reset: string[]; unknown: string[] }", [
              ts.constant("loaded", ts.call(this.#writer.support("loadTensors"), ts.name("bytes"), tensors, ts.name("options"), arrow([]))),
              ts.returns(loadResult()),
            ]), // prettier-ignore
            method("save", [], "Uint8Array", [
              ts.returns(ts.call(this.#writer.support("saveTensors"), tensors, ts.object())),
            ]),
          ),
        ),
      ],
    };
  }

  #sharedMembers(s: Expression): readonly Member[] {
    const forward = this.#entryWriter("forward");
    const inputs = inputsType(forward.given(), this.#writer);
    return [
      ts.property("params", ts.member(s, "params")),
      ts.property("hyper", ts.member(s, "hyper")),
      ts.property("engine", ts.string("ts")),
      method("forward", [["inputs", inputs], ["options?", forward.optionsType()]], forward.resultType(), [
        ts.returns(ts.call(this.#names.entry("forward"), s, ts.name("inputs"), ts.name("options"))),
      ]), // prettier-ignore
    ];
  }

  #createTrainer(): Statement {
    const create = `create${this.#N}Trainer`;
    const s = ts.name("s");
    const optional = this.#names.symbols.length === 0;
    const option = (key: string): Expression => ts.member(ts.name("options"), key, optional);
    const trains = this.#m.train !== null;
    const batch: readonly [string, string] = [
      "batch",
      inputsType([...this.#m.inputs, ...this.#m.targets], this.#writer),
    ];
    const initial = (): Statement[] => [
      ts.expression(ts.call(this.#names.entry("initial"), s)),
      ...(trains ? [ts.expression(ts.call(this.#names.entry("initialOptimizer"), s))] : []),
    ];
    const tensors = ts.call(this.#tensors.training, s);
    const given = ts.name("given");
    const counterIn = (key: string, otherwise: Expression): Expression =>
      ts.call(this.#writer.support("counterIn"), ts.name("metadata"), ts.string(key), otherwise);
    // A file without a step begins a run: its optimizer state is reset with it.
    const counters: Statement[] = [
      ts.constant("seed", counterIn("seed", ts.member(s, "seed"))),
      ts.assign(ts.member(s, "step"), counterIn("step", ts.number(0))),
      ts.assign(ts.member(s, "seed"), ts.name("seed")),
      ...(trains ? [ts.expression(ts.call(this.#names.entry("initialOptimizer"), s))] : []),
    ];
    const members: Member[] = [
      ...this.#sharedMembers(s),
      method("evaluate", [batch], null, [ts.returns(ts.call(this.#names.entry("evaluate"), s, ts.name("batch")))]),
      method("gradient", [batch, ["options?", `{ out?: { gradient: ${gradientType(this.#m, this.#N)} } }`]], null, [
        ts.returns(ts.call(this.#names.entry("gradient"), s, ts.name("batch"), ts.name("options"))),
      ]),
    ];
    if (trains) {
      members.push(
        method("step", [batch], "number", [ts.returns(ts.call(this.#names.entry("step"), s, ts.name("batch")))]),
        method("apply", [["gradient", gradientType(this.#m, this.#N)]], "void", [
          ts.expression(ts.call(this.#names.entry("apply"), s, ts.name("gradient"))),
        ]),
      );
    }
    members.push(
      method("reset", [["seed?", "number"]], "void", [
        ts.when(ts.binary("!==", ts.name("seed"), ts.name("undefined")), [
          supportCall(this.#writer, "checkSeed", ts.name("seed"), ts.string("reset")),
          ts.assign(ts.member(s, "seed"), ts.name("seed")),
        ]),
        ts.assign(ts.member(s, "step"), ts.number(0)),
        ...initial(),
        ts.when(ts.binary("!==", given, ts.name("undefined")), [
          supportCall(this.#writer, "setArrays", ts.member(s, "params"), given, ts.string("params"), ts.boolean(false)),
        ]),
      ]),
      method("load", [["bytes", "Uint8Array"], ["options?", "{ rename?: Record<string, string> }"]], "{ reset: string[]; unknown: string[] }", [
        ts.constant("loaded", ts.call(this.#writer.support("loadTensors"), ts.name("bytes"), tensors, ts.name("options"), { kind: "arrow", parameters: [{ name: "metadata", type: null }], body: counters })),
        ts.returns(loadResult()),
      ]), // prettier-ignore
      method("save", [], "Uint8Array", [
        ts.returns(
          ts.call(
            this.#writer.support("saveTensors"),
            tensors,
            ts.object(
              ts.property("seed", ts.call("String", ts.member(s, "seed"))),
              ts.property("step", ts.call("String", ts.member(s, "step"))),
            ),
          ),
        ),
      ]),
    );
    return {
      kind: "function",
      exported: true,
      name: create,
      parameters: [{ name: "options", type: this.#optionsType(true), optional }],
      result: `${this.#N}Trainer`,
      doc: [`Creates ${this.#N} for training, for at most the sizes given. The same seed gives the same run.`],
      body: [
        ...this.#opening(create, this.#names.trainingStore, true),
        ts.when(ts.binary("!==", option("seed"), ts.name("undefined")), [
          supportCall(this.#writer, "checkSeed", option("seed"), ts.string(create)),
          ts.assign(ts.member(s, "seed"), option("seed")),
        ]),
        ...initial(),
        ts.when(ts.binary("!==", option("params"), ts.name("undefined")), [
          supportCall(this.#writer, "setArrays", ts.member(s, "params"), option("params"), ts.string("params"), ts.boolean(false)),
        ]), // prettier-ignore
        ts.constant("given", ts.call(this.#writer.support("copyArrays"), option("params"))),
        ts.returns(ts.object(...members)),
      ],
    };
  }

  #storeInterface(name: string, layout: Layout, inherited: Layout["members"]): InterfaceDeclaration {
    const known = new Set(inherited.map((m) => m.name));
    const own = layout.members.filter((m) => !known.has(m.name));
    const training = inherited.length > 0 || layout === this.#training;
    const extend = training ? this.#names.store : null;
    const scalars = [
      { text: `readonly sizes: ${objectType(this.#names.symbols.map((symbol) => [symbol, "number"]))}`, doc: [] },
      { text: "readonly arena: ArrayBuffer", doc: [] },
      { text: "readonly create: string", doc: [] },
      { text: "seed: number", doc: [] },
      { text: "step: number", doc: [] },
      { text: `readonly params: ${this.#N}Params`, doc: [] },
      { text: `readonly hyper: ${objectType(this.#m.hypers.map((h) => [h.name, "number"]))}`, doc: [] },
    ];
    const results = training ? [{ text: `readonly evaluation: ${this.#evaluationType()}`, doc: [] }] : [];
    return {
      kind: "interface",
      exported: false,
      name,
      extends: extend,
      doc: [training ? "What a trainer keeps besides." : "What a model keeps: every array is a view of one buffer."],
      members: [
        ...(training ? [] : scalars),
        ...results,
        ...own.map((m) => ({ text: `readonly ${m.name}: ${this.#writer.arrayType(m.element)}`, doc: [] })),
      ],
    };
  }

  #evaluationType(): string {
    const metrics: [string, string][] = this.#m.metrics.map((metric) => [metric.name, "number"]);
    return objectType([[this.#m.loss?.name ?? "loss", "number"], ...metrics]);
  }

  /** Allocates the one buffer and the views of it. */
  #storeFunction(name: string, layout: Layout, training: boolean): Statement {
    const symbol = (text: string): string => symbolLocal(text);
    const dim = (d: Dim): Expression => emitDim(d, symbol);
    const width: Readonly<Record<ElementType, number>> = {
      real: this.#writer.precision === "f32" ? 4 : 8,
      index: 4,
      bool: 1,
    };
    const body: Statement[] = [];
    const bytes = (element: ElementType): Dim => dims.multiply(layout.totals[element], dims.constant(width[element]));
    const order = ["real", "index", "bool"] as const;
    let start = dims.constant(0);
    body.push(ts.constant("arena", ts.create("ArrayBuffer", dim(order.map(bytes).reduce(dims.add)))));
    const views = { real: "reals", index: "integers", bool: "flags" } as const;
    for (const element of order) {
      if (dims.constantOf(layout.totals[element]) !== 0) {
        const type = this.#writer.arrayType(element);
        body.push(
          ts.constant(views[element], ts.create(type, ts.name("arena"), dim(start), dim(layout.totals[element]))),
        );
      }
      start = dims.add(start, bytes(element));
    }
    const view = (m: Layout["members"][number]): Expression =>
      ts.call(`${views[m.element]}.subarray`, dim(m.offset), dim(dims.add(m.offset, m.size)));
    const parameterMembers = new Map<string, string>();
    const isParameter = new Set(this.#m.parameters.map((p) => layout.memberOf("initial", storedBuffer(p))));
    for (const p of this.#m.parameters) parameterMembers.set(p.path, layout.memberOf("initial", storedBuffer(p)) ?? "");
    for (const m of layout.members.filter((member) => isParameter.has(member.name)))
      body.push(ts.constant(m.name, view(m)));
    for (const p of this.#names.ungiven) body.push(ts.expression(ts.call(`${parameterMembers.get(p.path) ?? ""}.fill`, ts.name("NaN")))); // prettier-ignore
    const evaluation = [this.#m.loss?.name ?? "loss", ...this.#m.metrics.map((metric) => metric.name)];
    body.push(
      ts.returns(
        ts.object(
          ts.property("sizes", ts.object(...this.#names.symbols.map((s) => ts.property(s, ts.name(symbol(s)))))),
          ts.property("arena", ts.name("arena")),
          ts.property("create", ts.string(`create${this.#N}${training ? "Trainer" : ""}`)),
          ts.property("seed", ts.number(0)),
          ts.property("step", ts.number(0)),
          ts.property("params", ts.object(...[...parameterMembers].map(([path, member]) => ts.property(path, ts.name(member))))),
          ts.property("hyper", ts.object(...this.#m.hypers.map((h) => ts.property(h.name, ts.number(h.initial))))),
          ...(training ? [ts.property("evaluation", ts.object(...evaluation.map((k) => ts.property(k, ts.number(0)))))] : []),
          ...layout.members.map((m) => ts.property(m.name, isParameter.has(m.name) ? ts.name(m.name) : view(m))),
        ),
      ),
    ); // prettier-ignore
    return {
      kind: "function",
      exported: false,
      name: this.#creators.get(name) ?? name,
      parameters: this.#names.symbols.map((s) => ({ name: symbol(s), type: "number" })),
      result: name,
      body,
      doc: [],
    };
  }

  #tensorsFunction(name: string, tensors: readonly CheckedTensor[], store: string): Statement {
    const optimizer = new Set(optimizerTensors(this.#m));
    const slots = tensors.map((t) =>
      ts.object(
        ts.property("name", ts.string(t.path)),
        ts.property("shape", { kind: "array", elements: t.shape.map(ts.number) }),
        ts.property("array", ts.member(ts.name("s"), this.#training.memberOf("initial", storedBuffer(t)) ?? "")),
        ts.property("required", ts.boolean(!optimizer.has(t))),
      ),
    );
    return {
      kind: "function",
      exported: false,
      name,
      parameters: [{ name: "s", type: store }],
      result: `${this.#writer.support("TensorSlot")}[]`,
      body: [ts.returns({ kind: "array", elements: slots })],
      doc: [],
    };
  }

  #infoConstant(): Statement {
    const shapeOf = (shape: readonly Dim[]): Expression => ({
      kind: "array",
      elements: shape.map((d) => {
        const n = dims.constantOf(d);
        return n === null ? ts.string(dims.print(d)) : ts.number(n);
      }),
    });
    const described = (nodes: readonly { readonly name: string; readonly node: { readonly element: ElementType; readonly shape: readonly Dim[] } }[]): Expression =>
      ts.object(
        ...nodes.map(({ name, node }) =>
          ts.property(name, ts.object(ts.property("type", ts.string(node.element)), ts.property("shape", shapeOf(node.shape)))),
        ),
      ); // prettier-ignore
    const operations = this.#entries.flatMap(({ kind, program }) => {
      const total = program.kernels.reduce((sum, k) => dims.add(sum, k.operations), dims.constant(0));
      return kind.startsWith("initial") ? [] : [ts.property(kind, ts.string(dims.print(total)))];
    });
    const count = this.#m.parameters.reduce((sum, p) => sum + p.shape.reduce((a, n) => a * n, 1), 0);
    const value = ts.object(
      ts.property("name", ts.string(this.#m.name)),
      ts.property("dims", { kind: "array", elements: this.#names.symbols.map((s) => ts.string(s)) }),
      ts.property("inputs", described(this.#m.inputs)),
      ts.property("targets", described(this.#m.targets)),
      ts.property("outputs", described(this.#m.outputs)),
      ts.property(
        "params",
        ts.object(
          ...this.#m.parameters.map((p) =>
            ts.property(
              p.path,
              ts.object(
                ts.property("shape", { kind: "array", elements: p.shape.map(ts.number) }),
                ts.property("frozen", ts.boolean(p.frozen)),
              ),
            ),
          ),
        ),
      ),
      ts.property("parameterCount", ts.number(count)),
      ts.property("multiplyAdds", ts.object(...operations)),
      ts.property("sourceHash", ts.string(this.#info.sourceHash)),
    );
    return {
      kind: "const",
      name: `${this.#n}Info`,
      type: null,
      value: { kind: "as", value, type: "const" },
      exported: true,
    };
  }
}

/** Index arrays are copied to a staging array while they are checked. */
function isStaged(input: CheckedInput): boolean {
  return input.node.element === "index" && input.node.attributes.held === "array";
}

/** The symbols of a model's inputs, in order of appearance: its capacities. */
export function capacities(m: CheckedModel): readonly string[] {
  const inputs = [...m.inputs, ...m.targets];
  return [...new Set(inputs.flatMap((i) => i.node.shape.flatMap((d) => [...dims.symbolsOf(d)])))];
}

function storedBuffer(t: CheckedTensor): Parameters<Layout["memberOf"]>[1] {
  const { name } = t.node.attributes;
  return { name, element: "real", shape: t.node.shape, role: "parameter", label: name };
}

/** The local of a symbol where a store is created. */
function symbolLocal(symbol: string): string {
  return freeName(identifierOf(symbol), new Set(["arena", "reals", "integers", "flags"]));
}

function docOf(m: CheckedModel): readonly string[] {
  return m.doc === null ? [] : m.doc.split("\n");
}

function method(
  key: string,
  parameters: readonly (readonly [name: string, type: string])[],
  result: string | null,
  body: readonly Statement[],
): Member {
  return {
    kind: "method",
    key,
    parameters: parameters.map(([name, type]) => ({
      name: name.replace("?", ""),
      type,
      optional: name.endsWith("?"),
    })),
    result,
    body,
  };
}

function arrow(body: readonly Statement[]): Expression {
  return { kind: "arrow", parameters: [], body };
}

function loadResult(): Expression {
  const loaded = ts.name("loaded");
  return ts.object(
    ts.property("reset", ts.member(loaded, "reset")),
    ts.property("unknown", ts.member(loaded, "unknown")),
  );
}
