/** `derive check`: proves the emitted module's derivatives against finite differences, and its f32 against f64. */
import type { LoweredFunction, LoweredModel } from "../3-lower/lowered.ts";
import type { SourceOptions } from "../2-check/checked-source.ts";
import { compile } from "../compile.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/report.ts";
import { defaults } from "./defaults.ts";
import { checkFunction } from "./functions.ts";
import { itemFails, rowFails, type CheckContext, type GivenValues, type ItemReport } from "./item.ts";
import { functionHazards, modelHazards } from "./hazards/trials.ts";
import { checkModel, openTwin } from "./models.ts";
import { GivenFault } from "./points.ts";
import type { Module, Precision } from "./port.ts";
import { equalUnits, zeroGradients } from "./warnings.ts";
import { openSession, type Session } from "./session.ts";

/** A number or a tensor as nested lists. */
export type Given = number | readonly Given[];

export interface AuditOptions extends SourceOptions {
  /** Loads the JavaScript text of a module; `precision` says which of the two it is. */
  readonly load: (code: string, precision: Precision) => Promise<Module>;
  /** Values by the names of arguments, inputs, parameters and hypers; the rest is sampled. */
  readonly at?: Readonly<Record<string, Given>>;
  /** Sizes of symbolic dims; small ones are chosen for the rest. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Of samples, initial parameters and random draws; default 1. */
  readonly seed?: number;
  /** The largest relative error of a derivative that passes; default 1e-6. */
  readonly tolerance?: number;
  /** Entries of a tensor that are compared one by one, fewer of a large program; default 24. */
  readonly samples?: number;
  /** As of `compile`. */
  readonly checkpoint?: boolean;
}

export interface Audit {
  readonly path: string;
  readonly seed: number;
  readonly tolerance: number;
  readonly samples: number;
  readonly items: readonly ItemReport[];
  /** Errors of the program, failures of the check, and warnings. */
  readonly diagnostics: readonly Diagnostic[];
  readonly passed: boolean;
}

/** Checks every exported function and model of a source. Errors in the program or the values are diagnostics. */
export async function audit(source: string, options: AuditOptions): Promise<Audit> {
  const { seed = defaults.seed, tolerance = defaults.tolerance, samples = defaults.samples } = options;
  const result = (items: readonly ItemReport[], diagnostics: readonly Diagnostic[]): Audit => {
    const errors = diagnostics.some(({ severity }) => severity === "error");
    return {
      path: options.path,
      seed,
      tolerance,
      samples,
      items,
      diagnostics,
      passed: !errors && !items.some(itemFails),
    };
  };
  const { session, diagnostics: found } = openSession(source, options, options.checkpoint === true);
  if (session === null) return result([], found);
  const modules = await Promise.all((["f32", "f64"] as const).map((p) => moduleOf(source, options, p)));
  const [single, double] = modules;
  if (single.module === null || double.module === null) {
    return result([], single.module === null ? single.diagnostics : double.diagnostics);
  }
  const diagnostics = [...single.diagnostics];
  const atOption = (message: string): Diagnostic => {
    const span = { source: { path: "--at", text: "" }, start: 0, end: 0 };
    return diagnostic("value-refused", { reason: message }, span);
  };
  try {
    const given = givenValues(session, options);
    const context: CheckContext = { session, single: single.module, double: double.module, seed, tolerance, samples, given }; // prettier-ignore
    const reported = diagnostics.filter(({ severity }) => severity === "warning");
    const items: ItemReport[] = [];
    for (const check of checksOf(context, reported)) {
      const { item, warnings } = check();
      items.push(item);
      diagnostics.push(...failuresOf(item), ...warnings);
    }
    return result(items, diagnostics);
  } catch (error) {
    if (!(error instanceof GivenFault)) throw error;
    return result([], [...diagnostics, atOption(error.message)]);
  }
}

/** One error a derivative or value that is wrong, or one where nothing could be checked. */
function failuresOf({ name, span, point, derivatives, values }: ItemReport): readonly Diagnostic[] {
  if (point === null) {
    return [diagnostic("check-no-point", { item: name }, span, { help: "give values with `--at` and sizes with `--size`" })]; // prettier-ignore
  }
  const wrong = derivatives.filter(rowFails).map(({ entry, of, by }) => `the ${entry} of \`${of}\` by \`${by}\``);
  const values32 = values.filter(({ single }) => single.ofBound > 1).map(({ entry, output }) => `\`${output}\` of ${entry} in f32`); // prettier-ignore
  return [...wrong, ...values32].map((what) => diagnostic("check-failed", { item: name, what }, span));
}

async function moduleOf(
  source: string,
  { load, path, read, set, item, maxNodes, checkpoint = false }: AuditOptions,
  precision: Precision,
): Promise<{ readonly module: Module | null; readonly diagnostics: readonly Diagnostic[] }> {
  const { code, diagnostics } = await compile(source, {
    path,
    precision,
    emit: "js",
    format: false,
    checkpoint,
    ...(read && { read }),
    ...(set && { set }),
    ...(item !== undefined && { item }),
    ...(maxNodes !== undefined && { maxNodes }),
  });
  return { module: code === null ? null : await load(code, precision), diagnostics };
}

interface Checked {
  readonly item: ItemReport;
  readonly warnings: readonly Diagnostic[];
}

/** One check a function and model, in the order of the text. `reported`: what the compiler warns of. */
function checksOf(context: CheckContext, reported: readonly Diagnostic[]): readonly (() => Checked)[] {
  const { functions, models } = context.session.lowered;
  const checks = [
    ...functions.map((f) => ({ start: f.checked.span.start, check: () => functionCheck(context, f) })),
    ...models.map((m) => ({ start: m.checked.span.start, check: () => modelCheck(context, m, reported) })),
  ];
  return checks.sort((p, q) => p.start - q.start).map(({ check }) => check);
}

function functionCheck(context: CheckContext, lowered: LoweredFunction): Checked {
  const item = checkFunction(context, lowered);
  return { item, warnings: item.point === null ? [] : functionHazards(context, lowered) };
}

function modelCheck(context: CheckContext, lowered: LoweredModel, reported: readonly Diagnostic[]): Checked {
  const twin = openTwin(context, lowered);
  const item = checkModel(context, lowered, twin);
  if (twin === null || item.point === null) return { item, warnings: [] };
  // A second look only where the first one found zeros.
  const zeros = item.derivatives.some(({ zero }) => zero) ? zeroGradients(context, twin, reported) : [];
  return { item, warnings: [...zeros, ...equalUnits(context, twin, reported), ...modelHazards(context, twin)] };
}

/** What the user gives, by names that some item has. */
function givenValues({ checked }: Session, { at = {}, sizes = {} }: AuditOptions): GivenValues {
  const names = new Set([
    ...checked.functions.flatMap((f) => f.inputs.map(({ name }) => name)),
    ...checked.models.flatMap((m) => [
      ...[...m.inputs, ...m.targets, ...m.hypers].map(({ name }) => name),
      ...m.parameters.map(({ path }) => path),
    ]),
  ]);
  const values = Object.entries(at).map(([name, value]) => {
    if (!names.has(name)) throw new GivenFault(`there is no argument, input or parameter \`${name}\``);
    return [name, flatten(name, value)] as const;
  });
  return { values: new Map(values), sizes: new Map(Object.entries(sizes)) };
}

function flatten(name: string, value: Given): { readonly shape: readonly number[]; readonly data: readonly number[] } {
  const shape: number[] = [];
  for (let at: Given | undefined = value; typeof at === "object"; at = at[0]) shape.push(at.length);
  const data: number[] = [];
  const walk = (at: Given, axis: number): void => {
    const ragged =
      typeof at === "object" ? at.length !== shape.at(axis) || axis >= shape.length : axis !== shape.length;
    if (ragged) throw new GivenFault(`the rows of \`${name}\` differ in length`);
    if (typeof at === "object") for (const entry of at) walk(entry, axis + 1);
    else data.push(at);
  };
  walk(value, 0);
  return { shape, data };
}
