/** Models: inputs, parameters, outputs, loss, metrics and training as one fragment of the graph. */
import type { ModelItem, Statement } from "../1-parse/ast.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { printShape, symbolsOf } from "../ir/dim.ts";
import { topological } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { announce, define, definition, misplaced, runStatement } from "./bodies.ts";
import type { CheckedInput, CheckedModel } from "./checked.ts";
import { newUnit, type Checker } from "./checker.ts";
import { constantNumber } from "./constants.ts";
import { toReal, toTensor } from "./conversions.ts";
import { evaluate } from "./expressions.ts";
import { lintEqualUnits } from "./lints.ts";
import { marksOf } from "./marks.ts";
import { ModelUnit, scalarParameter } from "./model-unit.ts";
import { checkTrain } from "./optimizers.ts";
import { Scope, type FileScope } from "./scope.ts";
import { declaredType } from "./types.ts";
import { faulty, tensor, type Value } from "./value.ts";

type Of<K extends Statement["kind"]> = Extract<Statement, { readonly kind: K }>;
type Labelled = CheckedModel["outputs"][number];

/** What the statements of a model give, one after the other. */
class ModelReader {
  readonly inputs: CheckedInput[] = [];
  readonly targets: CheckedInput[] = [];
  readonly outputs: Labelled[] = [];
  readonly metrics: Labelled[] = [];
  loss: Labelled | null = null;
  readonly losses: Of<"loss">[] = [];
  readonly trains: Of<"train">[] = [];
  readonly #c: Checker;
  readonly #scope: Scope;
  readonly #model: ModelUnit;
  readonly #item: ModelItem;

  constructor(c: Checker, scope: Scope, model: ModelUnit, item: ModelItem) {
    this.#c = c;
    this.#scope = scope;
    this.#model = model;
    this.#item = item;
  }

  read(statement: Statement): void {
    switch (statement.kind) {
      case "hyper":
        this.#hyper(statement);
        return;
      case "input":
      case "target":
        this.#input(statement);
        return;
      case "output":
        this.#output(statement);
        return;
      case "loss":
        this.#loss(statement);
        return;
      case "metric":
        this.#metric(statement);
        return;
      case "train":
        this.#train(statement);
        return;
      case "return":
        misplaced(this.#c, this.#scope, statement);
        return;
      default:
        runStatement(this.#c, this.#scope, statement);
    }
  }

  #hyper({ name, value }: Of<"hyper">): void {
    const c = this.#c;
    const given = evaluate(c, this.#scope, value);
    const initial = given.kind === "faulty" ? null : constantNumber(c, given);
    if (initial === null) {
      if (given.kind !== "faulty") c.fault("hyper-not-a-number", { name: name.text }, value.span);
      define(c, this.#scope, name, faulty);
      return;
    }
    const node = scalarParameter(c.builder, `hyper.${name.text}`, "real");
    define(c, this.#scope, name, tensor(node));
    if (!this.#model.hypers.has(name.text)) this.#model.hypers.set(name.text, { initial, node, span: name.span });
  }

  #input({ kind, name, type }: Of<"input" | "target">): void {
    const c = this.#c;
    const declared = declaredType(c, this.#scope, type, { symbols: true });
    if (declared === null) {
      define(c, this.#scope, name, faulty);
      return;
    }
    const { element, shape, bound, leading } = declared;
    if (leading) {
      c.fault("leading-dims-here", { name: name.text }, type?.span ?? name.span, { help: "name them: `[batch, n]`" });
      define(c, this.#scope, name, faulty);
      return;
    }
    const node = c.builder.create("parameter", [], {
      name: `${kind}s.${name.text}`,
      type: { element, shape },
      bound,
      held: shape.length === 0 ? "number" : "array",
    });
    c.note(tensor(node), name.span, name.text);
    define(c, this.#scope, name, tensor(node, bound));
    (kind === "input" ? this.inputs : this.targets).push({ name: name.text, node, span: name.span });
  }

  #output({ name, value, span }: Of<"output">): void {
    const c = this.#c;
    const before = this.outputs.find((output) => output.name === name.text);
    if (before !== undefined && value === null) {
      c.fault("defined-twice", { name: `output ${name.text}` }, span, {
        related: [{ span: before.span, label: "the first is here" }],
      });
      return;
    }
    let found: Value;
    if (value === null) found = evaluate(c, this.#scope, { kind: "name", name: name.text, span: name.span });
    else {
      found = definition(c, this.#scope, value, name.text);
      const single =
        found.kind === "tuple" ? c.fault("value-count", { wanted: 1, found: found.values.length }, value.span) : found;
      define(c, this.#scope, name, single, name.text);
      found = single.kind === "faulty" ? faulty : (this.#scope.find(name.text)?.value ?? faulty);
    }
    const x = toTensor(c, found, value?.span ?? name.span, "an output");
    if (x !== null && before === undefined) this.outputs.push({ name: name.text, node: x.node, span: name.span });
  }

  #loss(statement: Of<"loss">): void {
    const c = this.#c;
    const { name, value, span } = statement;
    const before = this.losses.at(0);
    this.losses.push(statement);
    if (before !== undefined) {
      const related = [{ span: before.span, label: "the first is here" }];
      c.fault("several-losses", { name: this.#item.name.text }, span, { related, help: "add them in one line" });
    }
    const text = name?.text ?? "loss";
    const node = this.#scalar(
      definition(c, this.#scope, value, text),
      value.span,
      name === null ? "the loss" : `\`${text}\``,
    );
    if (node === null || before !== undefined) return;
    c.note(tensor(node), name?.span ?? span, text);
    this.loss = { name: text, node, span: name?.span ?? value.span };
  }

  #metric({ name, value }: Of<"metric">): void {
    const c = this.#c;
    const before = this.metrics.find((metric) => metric.name === name.text);
    if (before !== undefined) {
      const related = [{ span: before.span, label: "the first is here" }];
      c.fault("defined-twice", { name: name.text }, name.span, { related });
    }
    const node = this.#scalar(definition(c, this.#scope, value, name.text), value.span, `\`${name.text}\``);
    if (node === null || before !== undefined) return;
    c.note(tensor(node), name.span, name.text);
    this.metrics.push({ name: name.text, node, span: name.span });
  }

  #scalar(value: Value, span: Span, what: string): Node | null {
    const c = this.#c;
    const x = toTensor(c, value, span, what);
    if (x === null) return null;
    if (x.node.shape.length === 0) return toReal(c, x.node);
    c.fault("loss-shape", { what, found: printShape(x.node.shape) }, span, {
      help: "`mean(...)` or `sum(...)` makes one number of it",
    });
    return null;
  }

  #train(statement: Of<"train">): void {
    const before = this.trains.at(0);
    this.trains.push(statement);
    if (before === undefined) return;
    const related = [{ span: before.span, label: "the first is here" }];
    this.#c.fault("several-trains", { name: this.#item.name.text }, statement.span, { related });
  }
}

/** Elaborates a model; what could not be made sense of is reported and left out. */
export function checkModel(c: Checker, file: FileScope, item: ModelItem): CheckedModel {
  const model = new ModelUnit(item.name.text, c.builder);
  const unit = newUnit(item, model);
  return c.outside(unit, () => {
    const marks = marksOf(c, item.body);
    for (const name of marks) model.marks.add(name);
    const scope = new Scope({ file, place: "model", marks, prefix: "", block: item.body });
    const reader = new ModelReader(c, scope, model, item);
    for (const statement of announce(scope, item.body)) reader.read(statement);
    const name = item.name.text;
    if (reader.losses.length === 0 && !item.body.statements.some(({ kind }) => kind === "output")) {
      c.fault("no-output", { name }, item.name.span);
    }
    const train = reader.trains.at(0);
    if (train !== undefined && reader.losses.length === 0) {
      c.fault("train-without-loss", { name }, train.span, { help: "add a line `loss ...`" });
    }
    const parameters = [...model.parameters.values()];
    const lossNode = reader.loss?.node ?? null;
    if (lossNode !== null) lint(c, model, lossNode);
    lintInputs(c, reader);
    const optimizer = train === undefined ? null : checkTrain(c, scope, model, train, name);
    return {
      name,
      doc: item.doc,
      span: item.name.span,
      inputs: reader.inputs,
      targets: reader.targets,
      parameters: parameters.map(({ path, node, shape, initial, span, frozen }) => ({
        path,
        node,
        shape,
        initial,
        span,
        frozen,
      })),
      states: [...model.states.values()],
      hypers: [...model.hypers].map(([hyper, { initial, node }]) => ({ name: hyper, initial, node })),
      outputs: reader.outputs,
      loss: reader.loss,
      metrics: reader.metrics,
      train: optimizer,
      requirements: [...unit.requirements.values()],
      seed: model.seed,
      step: model.step,
      training: model.training,
    };
  });
}

/** Warns of inputs and targets that nothing depends on; silent where something faulty may have used them. */
function lintInputs(c: Checker, reader: ModelReader): void {
  if (c.diagnostics.some(({ severity }) => severity === "error")) return;
  const results = [...reader.outputs, ...reader.metrics, ...(reader.loss === null ? [] : [reader.loss])];
  const reached = new Set(topological(results.map(({ node }) => node)));
  const inputs = [...reader.inputs, ...reader.targets];
  const symbols = ({ node }: CheckedInput): string[] => node.shape.flatMap((dim) => [...symbolsOf(dim)]);
  const given = new Set(inputs.filter(({ node }) => reached.has(node)).flatMap(symbols));
  for (const input of inputs) {
    // An input that alone tells a dim is of use by its shape.
    const told = symbols(input).every((symbol) => given.has(symbol));
    if (!reached.has(input.node) && told) c.fault("unused-input", { name: input.name }, input.span);
  }
}

function lint(c: Checker, model: ModelUnit, loss: Node): void {
  const reached = new Set(topological([loss]));
  for (const { path, node, frozen, span } of model.parameters.values()) {
    if (!frozen && !reached.has(node)) c.fault("unused-parameter", { path }, span);
  }
  lintEqualUnits(c, model, loss);
}
