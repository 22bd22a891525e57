/** The store of a model: its type, the function that allocates it, and the tensors that files hold. */
import * as dims from "../../ir/dim.ts";
import type { Dim } from "../../ir/dim.ts";
import type { ElementType } from "../../ir/graph.ts";
import type { CheckedTensor } from "../../2-check/checked.ts";
import { exchangeBytes, reservedBytes, spareBytes, wasmConstants } from "../wasm/module.ts";
import { emitDim } from "./kernels.ts";
import { symbolLocal, type ModelContext } from "./model-context.ts";
import { optimizerTensors, type Layout } from "./storage.ts";
import * as ts from "./syntax.ts";
import type { Expression, InterfaceDeclaration, Statement } from "./syntax.ts";
import { objectType } from "./types.ts";

/** The type of a store; members that it has from `inherited` stand in the type that it extends. */
export function storeInterface(
  c: ModelContext,
  name: string,
  layout: Layout,
  inherited: Layout["members"],
): InterfaceDeclaration {
  const known = new Set(inherited.map((m) => m.name));
  const own = layout.members.filter((m) => !known.has(m.name));
  const training = inherited.length > 0 || layout === c.training;
  const extend = training ? c.names.store : null;
  const scalars = [
    { text: `readonly sizes: ${objectType(c.names.symbols.map((symbol) => [symbol, "number"]))}`, doc: [] },
    { text: "readonly arena: ArrayBuffer", doc: [] },
    ...(c.wasm === null ? [] : wasmMembers(c)),
    { text: "readonly create: string", doc: [] },
    { text: "seed: number", doc: [] },
    { text: "step: number", doc: [] },
    { text: `readonly params: ${c.names.N}Params`, doc: [] },
    { text: `readonly hyper: ${objectType(c.m.hypers.map((h) => [h.name, "number"]))}`, doc: [] },
  ];
  const results = training ? [{ text: `readonly evaluation: ${evaluationType(c)}`, doc: [] }] : [];
  return {
    kind: "interface",
    exported: false,
    name,
    extends: extend,
    doc: [training ? "What a trainer keeps besides." : "What a model keeps: every array is a view of one buffer."],
    members: [
      ...(training ? [] : scalars),
      ...results,
      ...own.map((m) => ({ text: `readonly ${m.name}: ${c.writer.arrayType(m.element)}`, doc: [] })),
    ],
  };
}

/** Allocates the one buffer and the views of it. */
export function storeFunction(c: ModelContext, name: string, layout: Layout, training: boolean): Statement {
  const symbol = (text: string): string => symbolLocal(text);
  // Roots are computed where they stand: once.
  const dim = (d: Dim): Expression => emitDim(d, (text) => (c.names.symbols.includes(text) ? symbol(text) : text));
  const width: Readonly<Record<ElementType, number>> = {
    real: c.writer.precision === "f32" ? 4 : 8,
    index: 4,
    bool: 1,
  };
  const body: Statement[] = [];
  const bytes = (element: ElementType): Dim => dims.multiply(layout.totals[element], dims.constant(width[element]));
  const order = ["real", "index", "bool"] as const;
  const { wasm } = c;
  let start = dims.constant(wasm === null ? 0 : reservedBytes);
  const size = order.map(bytes).reduce(dims.add);
  if (wasm === null) {
    body.push(ts.constant("arena", ts.create("ArrayBuffer", dim(size))));
  } else {
    const create = ts.string(`create${c.names.N}${training ? "Trainer" : ""}`);
    const whole = dim(dims.add(size, dims.constant(reservedBytes + spareBytes)));
    const modules = wasmConstants.map((constant) => ts.name(c.writer.wasmConstant(constant)));
    const none: Expression = ts.name("null");
    body.push(
      ts.constant("size", whole),
      ts.constant("engine", ts.call(c.writer.support("startEngine"), ts.name("options"), ...modules, ts.name("size"), create)), // prettier-ignore
      ts.constant("arena", ts.conditional(ts.binary("===", ts.name("engine"), none), ts.create("ArrayBuffer", ts.name("size")), ts.member(ts.name("engine"), "memory"))), // prettier-ignore
    );
  }
  const views = { real: "reals", index: "integers", bool: "flags" } as const;
  for (const element of order) {
    if (dims.constantOf(layout.totals[element]) !== 0) {
      const type = c.writer.arrayType(element);
      body.push(
        ts.constant(views[element], ts.create(type, ts.name("arena"), dim(start), dim(layout.totals[element]))),
      );
    }
    start = dims.add(start, bytes(element));
  }
  const view = (m: Layout["members"][number]): Expression =>
    ts.call(`${views[m.element]}.subarray`, dim(m.offset), dim(dims.add(m.offset, m.size)));
  const parameterMembers = new Map<string, string>();
  const isParameter = new Set(c.m.parameters.map((p) => layout.memberOf("initial", storedBuffer(p))));
  for (const p of c.m.parameters) parameterMembers.set(p.path, layout.memberOf("initial", storedBuffer(p)) ?? "");
  for (const m of layout.members.filter((member) => isParameter.has(member.name)))
    body.push(ts.constant(m.name, view(m)));
  for (const p of c.names.ungiven) body.push(ts.expression(ts.call(`${parameterMembers.get(p.path) ?? ""}.fill`, ts.name("NaN")))); // prettier-ignore
  const evaluation = [c.m.loss?.name ?? "loss", ...c.m.metrics.map((metric) => metric.name)];
  body.push(
    ts.returns(
      ts.object(
        ts.property("sizes", ts.object(...c.names.symbols.map((s) => ts.property(s, ts.name(symbol(s)))))),
        ts.property("arena", ts.name("arena")),
        ...(wasm === null ? [] : wasmProperties(c)),
        ts.property("create", ts.string(`create${c.names.N}${training ? "Trainer" : ""}`)),
        ts.property("seed", ts.number(0)),
        ts.property("step", ts.number(0)),
        ts.property("params", ts.object(...[...parameterMembers].map(([path, member]) => ts.property(path, ts.name(member))))),
        ts.property("hyper", ts.object(...c.m.hypers.map((h) => ts.property(h.name, ts.number(h.initial))))),
        ...(training ? [ts.property("evaluation", ts.object(...evaluation.map((k) => ts.property(k, ts.number(0)))))] : []),
        ...layout.members.map((m) => ts.property(m.name, isParameter.has(m.name) ? ts.name(m.name) : view(m))),
      ),
    ),
  ); // prettier-ignore
  return {
    kind: "function",
    exported: false,
    name: c.creators.get(name) ?? name,
    parameters: [
      ...(wasm === null ? [] : [{ name: "options", type: `${c.writer.support("EngineOptions")} | undefined` }]),
      ...c.names.symbols.map((s) => ({ name: symbol(s), type: "number" })),
    ],
    result: name,
    body,
    doc: [],
  };
}

/** The function that lists the tensors of a store by their paths, for files. */
export function tensorsFunction(
  c: ModelContext,
  name: string,
  tensors: readonly CheckedTensor[],
  store: string,
): Statement {
  const optimizer = new Set(optimizerTensors(c.m));
  const slots = tensors.map((t) =>
    ts.object(
      ts.property("name", ts.string(t.path)),
      ts.property("shape", { kind: "array", elements: t.shape.map(ts.number) }),
      ts.property("array", ts.member(ts.name("s"), c.training.memberOf("initial", storedBuffer(t)) ?? "")),
      ts.property("required", ts.boolean(!optimizer.has(t))),
    ),
  );
  return {
    kind: "function",
    exported: false,
    name,
    parameters: [{ name: "s", type: store }],
    result: `${c.writer.support("TensorSlot")}[]`,
    body: [ts.returns({ kind: "array", elements: slots })],
    doc: [],
  };
}

function evaluationType(c: ModelContext): string {
  const metrics: [string, string][] = c.m.metrics.map((metric) => [metric.name, "number"]);
  return objectType([[c.m.loss?.name ?? "loss", "number"], ...metrics]);
}

function storedBuffer(t: CheckedTensor): Parameters<Layout["memberOf"]>[1] {
  const { name } = t.node.attributes;
  return { name, element: "real", shape: t.node.shape, role: "parameter", label: name };
}

/** The engine of a store, and the model's kernels where it has them. */
function wasmMembers(c: ModelContext): InterfaceDeclaration["members"] {
  const kernel = c.writer.support("WasmKernel");
  const kernels = objectType((c.wasm?.kernels ?? []).map((name) => [name, kernel]));
  return [
    { text: `readonly engine: "ts" | "wasm" | "wasm-relaxed"`, doc: [] },
    { text: `readonly kernels: ${kernels} | null`, doc: [] },
    {
      text: "readonly exchange: Float64Array",
      doc: ["Reals pass to kernels, and come from them, through the first bytes."],
    },
  ];
}

function wasmProperties(c: ModelContext): ReturnType<typeof ts.property>[] {
  const engine = ts.name("engine");
  const none: Expression = ts.name("null");
  const isNone = ts.binary("===", engine, none);
  const kernels = (c.wasm?.kernels ?? []).map((name) =>
    ts.property(name, ts.member(ts.member(engine, "kernels"), name)),
  );
  return [
    ts.property("engine", ts.conditional(isNone, ts.string("ts"), ts.member(engine, "name"))),
    ts.property("kernels", ts.conditional(isNone, none, ts.object(...kernels))),
    ts.property("exchange", ts.create("Float64Array", ts.name("arena"), ts.number(0), ts.number(exchangeBytes / 8))),
  ];
}
