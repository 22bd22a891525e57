/** `createDigits` and `createDigitsTrainer`: options to a store, and the methods over it. */
import { supportCall } from "./checks.ts";
import type { ModelContext } from "./model-context.ts";
import { entryOf, gradientType } from "./model-entries.ts";
import * as ts from "./syntax.ts";
import type { Expression, Member, Statement } from "./syntax.ts";
import { inputsType, memberKey } from "./types.ts";

/** `createDigits` */
export function createInference(c: ModelContext): Statement {
  const create = `create${c.names.N}`;
  const s = ts.name("s");
  const optional = c.names.symbols.length === 0;
  const params = ts.member(ts.name("options"), "params", optional);
  const tensors = ts.call(c.tensors.inference, s);
  return {
    kind: "function",
    exported: true,
    name: create,
    parameters: [{ name: "options", type: optionsType(c, false), optional }],
    result: c.names.type,
    doc: [`Creates ${c.names.N} for inference, for at most the sizes given.`],
    body: [
      ...opening(c, create, c.names.store, false),
      ts.expression(ts.call(c.names.entry("initial"), s)),
      ts.when(ts.binary("!==", params, ts.name("undefined")), [
        supportCall(c.writer, "setArrays", ts.member(s, "params"), params, ts.string("params"), ts.boolean(false)),
      ]),
      ts.returns(
        ts.object(
          ...sharedMembers(c, s),
          method("load", [["bytes", "Uint8Array"], ["options?", "{ rename?: Record<string, string> }"]], "{ reset: string[]; unknown: string[] }", [
            ts.constant("loaded", ts.call(c.writer.support("loadTensors"), ts.name("bytes"), tensors, ts.name("options"), arrow([]))),
            ts.returns(loadResult()),
          ]), // prettier-ignore
          method("save", [], "Uint8Array", [
            ts.returns(ts.call(c.writer.support("saveTensors"), tensors, ts.object())),
          ]),
        ),
      ),
    ],
  };
}

/** `createDigitsTrainer` */
export function createTrainer(c: ModelContext): Statement {
  const create = `create${c.names.N}Trainer`;
  const s = ts.name("s");
  const optional = c.names.symbols.length === 0;
  const option = (key: string): Expression => ts.member(ts.name("options"), key, optional);
  const trains = c.m.train !== null;
  const batch: readonly [string, string] = ["batch", inputsType([...c.m.inputs, ...c.m.targets], c.writer)];
  const initial = (): Statement[] => [
    ts.expression(ts.call(c.names.entry("initial"), s)),
    ...(trains ? [ts.expression(ts.call(c.names.entry("initialOptimizer"), s))] : []),
  ];
  const tensors = ts.call(c.tensors.training, s);
  const given = ts.name("given");
  const counterIn = (key: string, otherwise: Expression): Expression =>
    ts.call(c.writer.support("counterIn"), ts.name("metadata"), ts.string(key), otherwise);
  // A file without a step begins a run: its optimizer state is reset with it.
  const counters: Statement[] = [
    ts.constant("seed", counterIn("seed", ts.member(s, "seed"))),
    ts.assign(ts.member(s, "step"), counterIn("step", ts.number(0))),
    ts.assign(ts.member(s, "seed"), ts.name("seed")),
    ...(trains ? [ts.expression(ts.call(c.names.entry("initialOptimizer"), s))] : []),
  ];
  const members: Member[] = [
    ...sharedMembers(c, s),
    method("evaluate", [batch], null, [ts.returns(ts.call(c.names.entry("evaluate"), s, ts.name("batch")))]),
    method("gradient", [batch, ["options?", `{ out?: { gradient: ${gradientType(c.m, c.names.N)} } }`]], null, [
      ts.returns(ts.call(c.names.entry("gradient"), s, ts.name("batch"), ts.name("options"))),
    ]),
  ];
  if (trains) {
    members.push(
      method("step", [batch], "number", [ts.returns(ts.call(c.names.entry("step"), s, ts.name("batch")))]),
      method("apply", [["gradient", gradientType(c.m, c.names.N)]], "void", [
        ts.expression(ts.call(c.names.entry("apply"), s, ts.name("gradient"))),
      ]),
    );
  }
  members.push(
    method("reset", [["seed?", "number"]], "void", [
      ts.when(ts.binary("!==", ts.name("seed"), ts.name("undefined")), [
        supportCall(c.writer, "checkSeed", ts.name("seed"), ts.string("reset")),
        ts.assign(ts.member(s, "seed"), ts.name("seed")),
      ]),
      ts.assign(ts.member(s, "step"), ts.number(0)),
      ...initial(),
      ts.when(ts.binary("!==", given, ts.name("undefined")), [
        supportCall(c.writer, "setArrays", ts.member(s, "params"), given, ts.string("params"), ts.boolean(false)),
      ]),
    ]),
    method("load", [["bytes", "Uint8Array"], ["options?", "{ rename?: Record<string, string> }"]], "{ reset: string[]; unknown: string[] }", [
      ts.constant("loaded", ts.call(c.writer.support("loadTensors"), ts.name("bytes"), tensors, ts.name("options"), { kind: "arrow", parameters: [{ name: "metadata", type: null }], body: counters })),
      ts.returns(loadResult()),
    ]), // prettier-ignore
    method("save", [], "Uint8Array", [
      ts.returns(
        ts.call(
          c.writer.support("saveTensors"),
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
    parameters: [{ name: "options", type: optionsType(c, true), optional }],
    result: `${c.names.N}Trainer`,
    doc: [`Creates ${c.names.N} for training, for at most the sizes given. The same seed gives the same run.`],
    body: [
      ...opening(c, create, c.names.trainingStore, true),
      ts.when(ts.binary("!==", option("seed"), ts.name("undefined")), [
        supportCall(c.writer, "checkSeed", option("seed"), ts.string(create)),
        ts.assign(ts.member(s, "seed"), option("seed")),
      ]),
      ...initial(),
      ts.when(ts.binary("!==", option("params"), ts.name("undefined")), [
        supportCall(c.writer, "setArrays", ts.member(s, "params"), option("params"), ts.string("params"), ts.boolean(false)),
      ]), // prettier-ignore
      ts.constant("given", ts.call(c.writer.support("copyArrays"), option("params"))),
      ts.returns(ts.object(...members)),
    ],
  };
}

function optionsType(c: ModelContext, training: boolean): string {
  const members: [string, string][] = c.names.symbols.map((s) => [s, "number"]);
  const optional: [string, string][] = [
    ...(training ? ([["seed", "number"]] as [string, string][]) : []),
    ["params", `Partial<${c.names.N}Params>`],
    ["engine", `"ts" | "wasm" | "wasm-relaxed"`],
    ["wasm", "unknown"],
    ...(training ? ([["threads", "number"]] as [string, string][]) : []),
  ];
  const texts = [...members.map(([k, t]) => `${memberKey(k)}: ${t}`), ...optional.map(([k, t]) => `${k}?: ${t}`)];
  return `{ ${texts.join("; ")} }`;
}

/** Checks of the options, then the store. */
function opening(c: ModelContext, create: string, store: string, training: boolean): Statement[] {
  const body: Statement[] = [];
  const options = ts.name("options");
  const keys = [...c.names.symbols, "params", "engine", "wasm", ...(training ? ["seed", "threads"] : [])];
  const check = supportCall(c.writer, "checkKeys", options, ts.name(c.writer.keys(keys)), ts.string(create));
  if (c.names.symbols.length > 0) body.push(check);
  else body.push(ts.when(ts.binary("!==", options, ts.name("undefined")), [check]));
  const engineCheck =
    c.wasm === null ? (c.writer.wasm === null ? "checkEngine" : "checkPlainEngine") : "checkEngineOptions";
  body.push(supportCall(c.writer, engineCheck, options, ts.string(create)));
  const sizes = c.names.symbols.map((symbol) =>
    ts.call(c.writer.support("capacityOf"), ts.member(options, symbol), ts.string(symbol), ts.string(create)),
  );
  body.push(ts.constant("s", ts.call(c.creators.get(store) ?? store, ...(c.wasm === null ? [] : [options]), ...sizes)));
  return body;
}

function sharedMembers(c: ModelContext, s: Expression): readonly Member[] {
  const forward = entryOf(c, "forward");
  const inputs = inputsType(forward.given(), c.writer);
  return [
    ts.property("params", ts.member(s, "params")),
    ts.property("hyper", ts.member(s, "hyper")),
    ts.property("engine", c.wasm === null ? ts.string("ts") : ts.member(s, "engine")),
    method("forward", [["inputs", inputs], ["options?", forward.optionsType()]], forward.resultType(), [
      ts.returns(ts.call(c.names.entry("forward"), s, ts.name("inputs"), ts.name("options"))),
    ]), // prettier-ignore
  ];
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
