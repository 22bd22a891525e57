/** A random program: its items in their files, and its text. */
import { reach, render, typeText, type Binding, type Let, type Term } from "./terms.ts";
import { fileMark } from "./files.ts";

/** Files by number: what a file imports lies in files of greater number, so that there are no cycles. */
export type Home = 0 | 1 | 2;

/** Paths from the main file, and how a file of smaller number names one of greater number. */
const paths = ["fuzz.nn", "parts/lib.nn", "base.nn"] as const;
const importPaths = [
  ["", "./parts/lib.nn", "./base.nn"],
  ["", "", "../base.nn"],
  ["", "", ""],
] as const;

export interface Parameter extends Binding {
  /** The shape as written; null: as the type has it. */
  readonly axes: string | null;
  readonly preset: string | null;
  /** `[...]` and `[..., k]`: the type is that of the last axes. */
  readonly isOpen: boolean;
  /** An integer that stands in shapes under this name. */
  readonly isSize: boolean;
}

/** What a layer or model stores, or an optimizer for each parameter. */
export interface Stored {
  readonly word: "param" | "frozen param" | "state";
  readonly binding: Binding;
  readonly axes: string | null;
  readonly initial: string | null;
}

/** A function, layer or optimizer. */
export interface Fn {
  readonly id: number;
  readonly kind: "fn" | "layer" | "optimizer";
  readonly name: string;
  /** Its name in files that import it. */
  readonly alias: string;
  readonly home: Home;
  readonly doc: string | null;
  readonly parameters: readonly Parameter[];
  readonly stored: readonly Stored[];
  /** What is returned; of an optimizer what `p` and each of `stored` become. */
  readonly results: Term[];
  /** With equal sign or block. */
  readonly style: "short" | "block";
  /** `derive` kinds; null leaves the line out. */
  wanted: string[] | null;
  /** The parameters that the `derive` line gives shapes, in parentheses. */
  readonly shapes: string;
}

/** An item whose text is made at once: a const or an initializer. */
export interface TextItem {
  readonly name: string;
  readonly home: Home;
  readonly text: string;
}

/** A const. */
export interface Const extends TextItem {
  readonly binding: Binding;
  /** Where it may stand for a size. */
  readonly size: number | null;
}

export interface ModelProgram {
  readonly name: string;
  readonly inputs: readonly Binding[];
  readonly targets: readonly Binding[];
  readonly hypers: readonly { readonly binding: Binding; readonly initial: string }[];
  readonly stored: readonly Stored[];
  readonly outputs: Term[];
  /** One, or none. */
  readonly loss: Term[];
  readonly lossName: string | null;
  readonly metrics: Term[];
  train: string | null;
}

export interface Program {
  readonly seed: number;
  readonly comment: string;
  readonly consts: readonly Const[];
  readonly initializers: readonly TextItem[];
  /** Functions, layers and optimizers that others use. */
  readonly helpers: readonly Fn[];
  readonly functions: Fn[];
  readonly models: ModelProgram[];
}

export function rootsOf({ functions, models }: Program): readonly Term[] {
  return [...functions.flatMap((f) => f.results), ...models.flatMap((m) => [...m.outputs, ...m.loss, ...m.metrics])];
}

export function letsOf(terms: readonly Term[]): readonly Let[] {
  const lets = new Set(terms.flatMap((t) => t.binding?.definition ?? []));
  return [...lets].sort((a, b) => a.id - b.id);
}

function statements(terms: readonly Term[]): string[] {
  const used = new Set(terms.flatMap((t) => t.binding?.name ?? []));
  return letsOf(terms).map(({ word, names, term }) => {
    const shown = names.map((name) => (used.has(name) ? name : "_"));
    return `  ${word === null ? "" : `${word} `}${shown.join(", ")} = ${render(term.root)}`;
  });
}

function storedText({ word, binding, axes, initial }: Stored): string {
  const type = word === "state" && axes === null ? "" : typeText(binding.type, axes ?? undefined);
  return `  ${word} ${binding.name}${type}${initial === null ? "" : ` = ${initial}`}`;
}

function parameterText({ name, type, axes, preset, isSize }: Parameter): string {
  return `${name}${isSize ? "" : typeText(type, axes ?? undefined)}${preset === null ? "" : ` = ${preset}`}`;
}

/** The terms that what an item says hangs on: of an optimizer those of states that `p` does not need are left out. */
function termsOf(f: Fn): { readonly results: readonly Term[]; readonly stored: readonly Stored[] } {
  if (f.kind !== "optimizer") {
    const names = namesOf(reach(f.results));
    return { results: f.results, stored: f.stored.filter((s) => names.has(s.binding)) };
  }
  let results = f.results.slice(0, 1);
  for (;;) {
    const names = namesOf(reach(results));
    const stored = f.stored.filter((s) => names.has(s.binding));
    const next = [f.results[0], ...stored.map((s) => f.results[1 + f.stored.indexOf(s)])];
    if (next.length === results.length) return { results, stored };
    results = next;
  }
}

function namesOf(terms: readonly Term[]): ReadonlySet<Binding> {
  return new Set(terms.flatMap((t) => t.binding ?? []));
}

function functionText(f: Fn): string {
  const head = `${f.doc === null ? "" : `/// ${f.doc}\n`}${f.kind} ${f.name}(${f.parameters.map(parameterText).join(", ")})`;
  const { results, stored } = termsOf(f);
  const lets = statements(reach(results));
  const texts = results.map(render);
  if (f.kind === "optimizer") {
    const next = stored.map((s, k) => `  next ${s.binding.name} = ${texts[k + 1]}`);
    return `${head} {\n${[...stored.map(storedText), ...lets, ...next, `  next p = ${texts[0]}`].join("\n")}\n}`;
  }
  if (lets.length + stored.length === 0 && results.length === 1 && f.style === "short") return `${head} = ${texts[0]}`;
  return `${head} {\n${[...stored.map(storedText), ...lets, `  return ${texts.join(", ")}`].join("\n")}\n}`;
}

function deriveText({ name, shapes, wanted }: Fn): string[] {
  return wanted === null ? [] : [`derive ${name}${shapes}: ${wanted.join(", ")}`];
}

function modelText(m: ModelProgram): string {
  const terms = reach([...m.outputs, ...m.loss, ...m.metrics]);
  const names = namesOf(terms);
  const lets = statements(terms);
  const defined = new Set(letsOf(terms).flatMap((l) => (l.word === null ? l.names : [])));
  const body = [...lets, ...[...m.outputs, ...m.loss, ...m.metrics].map(render)].join("\n");
  // The first input stays for the size that its symbol names.
  const isUsed = (b: Binding): boolean => names.has(b) || (b === m.inputs[0] && /\bbatch\b/u.test(body));
  const shown = new Set<string>();
  const outputs = m.outputs.map((o, k) => {
    const text = render(o);
    // `output t3` for what has a name, each name once.
    if (!defined.has(text) || shown.has(text)) return `  output p${String(k)} = ${text}`;
    shown.add(text);
    return `  output ${text}`;
  });
  const lines = [
    ...m.hypers.filter((h) => names.has(h.binding)).map((h) => `  hyper ${h.binding.name} = ${h.initial}`),
    ...m.inputs.filter(isUsed).map((b) => `  input ${b.name}${typeText(b.type)}`),
    ...m.targets.filter(isUsed).map((b) => `  target ${b.name}${typeText(b.type)}`),
    ...m.stored.filter((p) => names.has(p.binding)).map(storedText),
    ...lets,
    ...outputs,
    ...m.loss.map((l) => `  loss ${m.lossName === null ? "" : `${m.lossName} = `}${render(l)}`),
    ...m.metrics.map((t, k) => `  metric m${String(k)} = ${render(t)}`),
    ...(m.train === null || m.loss.length === 0 ? [] : [`  train ${m.train}`]),
  ];
  return `model ${m.name} {\n${lines.join("\n")}\n}`;
}

interface Item {
  readonly name: string;
  readonly alias: string;
  readonly home: Home;
  readonly text: string;
}

/** The items that the main file's own hang on, in the order in which they were made. */
function itemsOf(program: Program): readonly Item[] {
  const texts = [...program.consts, ...program.initializers].map((t): Item => ({ ...t, alias: t.name }));
  const helpers = program.helpers.map((f): Item => ({ ...f, text: [functionText(f), ...deriveText(f)].join("\n\n") }));
  const own: readonly Item[] = [
    ...program.functions.map((f) => ({ name: f.name, text: [functionText(f), ...deriveText(f)].join("\n\n") })),
    ...program.models.map((m) => ({ name: m.name, text: modelText(m) })),
  ].map((item) => ({ ...item, alias: item.name, home: 0 }));
  const used = new Set(own);
  for (const item of used) {
    for (const other of [...texts, ...helpers]) if (mentions(item, other)) used.add(other);
  }
  return [...texts, ...helpers, ...own].filter((item) => used.has(item));
}

function mentions(item: Item, { name, alias, home }: Item): boolean {
  return new RegExp(`\\b${item.home === home ? name : alias}\\b`, "u").test(item.text);
}

/** The text of every file, the main one first: what nothing refers to is left out. */
export function sourceOf(program: Program): string {
  const items = itemsOf(program);
  const fileOf = (home: Home): readonly string[] => {
    const own = items.filter((item) => item.home === home);
    const imports = ([1, 2] as const).flatMap((from) => {
      const foreign = items.filter((item) => item.home === from && from !== home && own.some((o) => mentions(o, item)));
      const names = foreign.map(({ name, alias }) => (name === alias ? name : `${name} as ${alias}`));
      return names.length === 0 ? [] : [`import { ${names.join(", ")} } from "${importPaths[home][from]}"`];
    });
    return own.length === 0 ? [] : [...imports, ...own.map(({ text }) => text)];
  };
  const [main, ...others] = ([0, 1, 2] as const).map((home) => {
    const parts = fileOf(home);
    const mark = home === 0 ? program.comment : `${fileMark}${paths[home]}\n`;
    return parts.length === 0 ? "" : `${mark}${parts.join("\n\n")}\n`;
  });
  return [main, ...others.filter((text) => text !== "")].join("\n");
}

/** The functions whose text is part of the program. */
export function usedFunctions(program: Program): readonly Fn[] {
  const names = new Set(itemsOf(program).map(({ name }) => name));
  return [...program.helpers, ...program.functions].filter((f) => names.has(f.name));
}
