/** Consts: evaluated when first used, in any order; `--set` overrides them. */
import type { ConstItem, File, Name, Statement } from "../1-parse/ast.ts";
import type { Source, Span } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { constant as dimConstant } from "../ir/dim.ts";
import { constant, topological } from "../ir/expressions.ts";
import { knownValue } from "../ir/known.ts";
import { newUnit, type Checker } from "./checker.ts";
import { evaluate } from "./expressions.ts";
import { numberOf } from "./operators.ts";
import { Scope, type FileScope } from "./scope.ts";
import { dimValue, faulty, flag, tensor, type Value } from "./value.ts";

/** The value of a file-wide const. */
export function constValue(c: Checker, file: FileScope, item: ConstItem): Value {
  const known = c.consts.get(item);
  if (known === "open") {
    const names = openNames(c, item);
    const others = names.filter(({ text }) => text !== item.name.text);
    c.consts.set(item, faulty);
    return c.fault("definition-cycle", { names: names.map(({ text }) => text) }, item.name.span, {
      related: others.map(({ text, span }) => ({ span, label: `\`${text}\` is defined here` })),
    });
  }
  if (known !== undefined) return known;
  c.consts.set(item, "open");
  let value: Value = faulty;
  try {
    value = c.set.get(item) ?? c.outside(newUnit(), () => checkedConst(c, file, item));
  } finally {
    // A cycle has made it faulty meanwhile.
    if (c.consts.get(item) === "open") c.consts.set(item, value);
  }
  return c.consts.get(item) === value ? value : faulty;
}

function checkedConst(c: Checker, file: FileScope, item: ConstItem): Value {
  const value = evaluate(c, new Scope({ file, place: "const" }), item.value);
  return isKnown(value) ? value : c.fault("const-not-known", { name: item.name.text }, item.name.span);
}

/** Consts under evaluation from `item` on, in the order in which they were asked for. */
function openNames(c: Checker, item: ConstItem): Name[] {
  const names: Name[] = [];
  for (const [key, value] of c.consts) {
    if (value === "open" && (key === item || names.length > 0)) names.push((key as ConstItem).name);
  }
  return names;
}

/** True for what is known at compile time: no tensor that an input, parameter or draw flows into. */
export function isKnown(value: Value): boolean {
  switch (value.kind) {
    case "tensor":
      return topological([value.node]).every(({ primitive }) => primitive !== "parameter" && primitive !== "random");
    case "list":
      return value.elements.every(isKnown);
    case "tuple":
      return value.values.every(isKnown);
    default:
      return true;
  }
}

/** The number that a scalar known at compile time is; null for anything else. */
export function constantNumber(c: Checker, value: Value): number | null {
  const plain = numberOf(value);
  if (plain !== null || value.kind !== "tensor" || value.node.shape.length > 0 || !isKnown(value)) return plain;
  // `sqrt(2) / 2`: the reference meaning of the primitives gives the number.
  return knownValue(c.builder, value.node, 1)?.data.at(0) ?? null;
}

type Settable = ConstItem | Extract<Statement, { readonly kind: "const" }>;

/** Applies `--set name=value` and `--set Model.name=value` to the consts of the main file. */
export function applySettings(c: Checker, file: File, settings: Readonly<Record<string, string>>): void {
  const places = settableConsts(file);
  for (const [name, text] of Object.entries(settings)) {
    const source: Source = { path: "--set", text: `${name}=${text}` };
    const span = (start: number, end: number): Span => ({ source, start, end });
    const found = places.filter((place) => place.path === name || place.name === name);
    const exact = found.filter((place) => place.path === name);
    const chosen = exact.length === 1 && name.includes(".") ? exact : found;
    if (chosen.length === 0) {
      const help = didYouMean(
        name,
        places.flatMap((place) => [place.path, place.name]),
      );
      c.fault("set-unknown-const", { name }, span(0, name.length), { help });
      continue;
    }
    if (chosen.length > 1) {
      const candidates = chosen.map((place) => place.path);
      c.fault("set-ambiguous-const", { name, candidates }, span(0, name.length), {
        related: chosen.map((place) => ({ span: place.item.name.span, label: `\`${place.path}\`` })),
      });
      continue;
    }
    const value = parseSetting(c, text);
    if (value === null) {
      c.fault(
        "set-not-a-value",
        { name, value: text, wanted: "a number, `true` or `false`" },
        span(name.length + 1, source.text.length),
      );
    } else c.set.set(chosen[0].item, value);
  }
}

function settableConsts(
  file: File,
): readonly { readonly path: string; readonly name: string; readonly item: Settable }[] {
  return file.items.flatMap((item) => {
    if (item.kind === "const") return [{ path: item.name.text, name: item.name.text, item }];
    if (item.kind !== "model") return [];
    return item.body.statements.flatMap((statement) => {
      if (statement.kind !== "const") return [];
      const name = statement.name.text;
      return [{ path: `${item.name.text}.${name}`, name, item: statement }];
    });
  });
}

function parseSetting(c: Checker, text: string): Value | null {
  const trimmed = text.trim();
  if (trimmed === "true" || trimmed === "false") return flag(trimmed === "true");
  if (/^-?[0-9][0-9_]*$/u.test(trimmed)) {
    const value = Number(trimmed.replaceAll("_", ""));
    return Number.isSafeInteger(value) ? dimValue(dimConstant(value)) : null;
  }
  if (!/^-?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:e[+-]?[0-9]+)?$/iu.test(trimmed)) return null;
  const value = Number(trimmed.replaceAll("_", ""));
  return Number.isFinite(value) ? tensor(constant(c.builder, value)) : null;
}
