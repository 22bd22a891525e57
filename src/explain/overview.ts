/** The formulas of a subject: its definitions as written, local derivatives, and the derivatives of its results. */
import { createContext } from "../4-differentiate/context.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { is } from "../ir/expressions.ts";
import type { Node } from "../ir/graph.ts";
import { activeSources, derivativeName, isPartial, localDerivatives, type Edge } from "./backward.ts";
import { derivativesOf, differentiable, type Derivative, type Derivatives } from "./derivatives.ts";
import { name, size, type Formula } from "./formula.ts";
import { operandsOf } from "./node-formula.ts";
import { readFormulas, type Vocabulary } from "./read-formula.ts";
import { handleOf, isStep, stepsOf, type Source, type Step, type Steps } from "./steps.ts";
import type { Subject } from "./subject.ts";
import { tidy } from "./tidy.ts";

/** A formula with the parts of it that stand apart. */
export interface Written {
  readonly formula: Formula;
  readonly where: readonly { readonly name: string; readonly formula: Formula }[];
}

/** A derivative, or a part that several of them share (`by` is null then). */
export interface WrittenDerivative extends Written {
  readonly of: Step;
  readonly by: Source | null;
  readonly node: Node;
  /** `dL/dx`, or an invented name. */
  readonly name: string;
  /** The other derivatives that the formula names. */
  readonly refers: ReadonlySet<string>;
}

export interface WrittenLocal extends Written {
  readonly from: Step;
  readonly to: Source;
  readonly name: string;
}

export interface Overview {
  readonly subject: Subject;
  /** The steps that the user named, and the results. */
  readonly definitions: readonly (Written & { readonly step: Step })[];
  /** Of the definitions that are no results: entrywise derivatives, and gradients of scalars. */
  readonly locals: readonly WrittenLocal[];
  /** By result, then the definitions nearest to it first, then the variables. */
  readonly derivatives: readonly WrittenDerivative[];
}

/** A derivative of this many parts goes by its name in those after it. */
const namedSize = 6;
/** A formula that looks through definitions must be shorter by this factor than the one in their names. */
const worthLooking = 0.75;

export function overviewOf(subject: Subject, b: GraphBuilder): Overview {
  const steps = stepsOf(subject, b, { namedOnly: true });
  return {
    subject,
    definitions: definitionsOf(steps),
    locals: localsOf(steps, b),
    derivatives: writtenDerivatives(steps, b),
  };
}

/** Each step's formula in terms of its sources, as the program has it. */
export function definitionsOf({ subject, steps }: Steps): readonly (Written & { readonly step: Step })[] {
  const names = new Map<Node, string>(subject.variables.map(({ name: text, node }) => [node, text]));
  for (const step of steps) if (!names.has(step.node)) names.set(step.node, step.name);
  const vocabulary: Vocabulary = {
    nameOf: (node) => names.get(node) ?? null,
    calls: subject.calls,
    taken: subject.taken,
  };
  return steps.map((step) => {
    const root = is(step.node, "mark") ? step.node.operands[0] : step.node;
    const alias = is(root, "mark") || is(root, "parameter") ? (names.get(root) ?? null) : null;
    if (alias !== null) return { step, formula: name(alias), where: [] };
    const { formulas, where } = readFormulas([root], vocabulary);
    return { step, formula: formulas[0], where };
  });
}

/** Formulas of local derivatives, in which every step goes by its name. */
export function writeLocals(
  steps: Steps,
  locals: readonly Node[],
  upstreams: ReadonlyMap<Node, string>,
  b: GraphBuilder,
): readonly Written[] {
  const { subject } = steps;
  const handles = steps.steps.map(handleOf);
  const bodies = steps.steps.map(({ body }) => body);
  const found = tidy([...locals, ...handles, ...bodies], b);
  const names = new Map<Node, string>(upstreams);
  for (const { name: text, node } of subject.variables) names.set(node, text);
  steps.steps.forEach((step, k) => {
    names.set(found[locals.length + k], step.name);
    const body = found[locals.length + handles.length + k];
    if (body.operands.length > 0 && !names.has(body)) names.set(body, step.name);
  });
  const vocabulary: Vocabulary = { nameOf: (node) => names.get(node) ?? null, calls: new Map(), taken: subject.taken };
  return locals.map((_, k) => {
    const known = names.get(found[k]);
    if (known !== undefined) return { formula: name(known), where: [] };
    const { formulas, where } = readFormulas([found[k]], vocabulary);
    return { formula: formulas[0], where };
  });
}

function localsOf(steps: Steps, b: GraphBuilder): readonly WrittenLocal[] {
  const context = createContext(b);
  const active = activeSources(steps.steps);
  const upstreams = new Map<Node, string>();
  const found: { from: Step; to: Source; node: Node; partial: boolean }[] = [];
  for (const step of steps.steps) {
    if (!active.has(step) || steps.results.includes(step)) continue;
    const sources = step.sources.filter((source) => active.has(source));
    localDerivatives(context, step, sources, "", upstreams).forEach((local: Pick<Edge, "kind" | "local"> | null, k) => {
      if (local?.kind !== "factor") return;
      const to = sources[k];
      found.push({ from: step, to, node: local.local, partial: isPartial(step, to) });
    });
  }
  const written = writeLocals(
    steps,
    found.map(({ node }) => node),
    upstreams,
    b,
  );
  return found.map(({ from, to, partial }, k) => ({
    from,
    to,
    name: derivativeName(from.name, to.name, partial),
    ...written[k],
  }));
}

/** The simplified derivatives of every result that is real, by all that it depends on. */
export function writtenDerivatives(steps: Steps, b: GraphBuilder): readonly WrittenDerivative[] {
  return steps.results.flatMap((of) => {
    if (of.node.element !== "real") return [];
    const pairs = nearestFirst(of, differentiable(steps, of)).map((by) => ({ of, by }));
    // Looking through definitions finds what cancels (a - y); holding on to their names keeps the rest short.
    const through = written(steps, derivativesOf(steps, pairs, b, { keepNames: false }));
    const held = written(steps, derivativesOf(steps, pairs, b, { keepNames: true }));
    const heldBy = new Map(held.map((one) => [one.by, one]));
    const shorter = through.map((one) => {
      const other = one.by === null ? undefined : heldBy.get(one.by);
      return other?.refers.size === 0 && sizeOf(one) > worthLooking * sizeOf(other) ? other : one;
    });
    return usedFirst(shorter);
  });
}

function sizeOf({ formula, where }: Written): number {
  return where.reduce((total, part) => total + size(part.formula), size(formula));
}

/** Derivatives as formulas in which long ones go by their names, `dL/dz`, and so do long parts that they share. */
function written({ subject }: Steps, { derivatives, definitions }: Derivatives): readonly WrittenDerivative[] {
  const names = new Map<Node, string>();
  for (const { name: text, node } of subject.variables) names.set(node, text);
  for (const [node, [text]] of definitions) names.set(node, text);
  const roots = new Set(derivatives.map(({ node }) => node));
  const shared = sharedParts(roots, (node) => names.has(node));
  const parts = shared.map((node) => ({ of: derivatives[0].of, by: null, node }));
  const taken = new Set(subject.taken);
  const reused = new Map<Node, string>();
  const found = new Map<Derivative | (typeof parts)[number], WrittenDerivative>();
  let count = 0;
  const invent = (): string => {
    do count++;
    while (taken.has(`t${count}`));
    return `t${count}`;
  };
  // What is part of another one was created before it.
  for (const wanted of [...derivatives, ...parts].sort((p, q) => p.node.id - q.node.id)) {
    const { of, by, node } = wanted;
    const refers = new Set<string>();
    const vocabulary: Vocabulary = {
      nameOf: (other) => {
        const known = names.get(other);
        if (known !== undefined) return known;
        const text = reused.get(other) ?? null;
        if (text !== null) refers.add(text);
        return text;
      },
      calls: new Map(),
      taken,
    };
    const known = vocabulary.nameOf(node);
    if (known !== null) {
      if (by === null) continue;
      // Another name of the same value says more than that of the variable itself: dy/du is v for y = u v and equal u and v.
      const alias = known === by.name ? definitions.get(node)?.find((other) => other !== by.name) : undefined;
      const own = derivativeName(of.name, by.name);
      found.set(wanted, { of, by, node, name: own, formula: name(alias ?? known), where: [], refers });
      continue;
    }
    const { formulas, where } = readFormulas([node], vocabulary);
    const isLong = size(formulas[0]) >= namedSize;
    if (by === null && !isLong) continue;
    const own = by === null ? invent() : derivativeName(of.name, by.name);
    if (isLong) reused.set(node, own);
    found.set(wanted, { of, by, node, name: own, formula: formulas[0], where, refers });
  }
  return [...derivatives, ...parts].flatMap((wanted) => found.get(wanted) ?? []);
}

/** Reals that the formulas of the roots hold more than once, roots aside. */
function sharedParts(roots: ReadonlySet<Node>, isNamed: (node: Node) => boolean): readonly Node[] {
  const uses = new Map<Node, number>();
  const pending = [...roots].filter((root) => !isNamed(root));
  const seen = new Set<Node>(pending);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const part of operandsOf(node)) {
      uses.set(part, (uses.get(part) ?? 0) + 1);
      if (seen.has(part) || isNamed(part)) continue;
      seen.add(part);
      pending.push(part);
    }
  }
  return [...uses].flatMap(([node, count]) => {
    return count > 1 && node.element === "real" && !roots.has(node) && !isNamed(node) ? [node] : [];
  });
}

/** The order given, but that what a formula names stands before it. */
function usedFirst(derivatives: readonly WrittenDerivative[]): readonly WrittenDerivative[] {
  const placed = new Set<WrittenDerivative>();
  const place = (derivative: WrittenDerivative): void => {
    if (placed.has(derivative)) return;
    for (const other of derivatives) if (derivative.refers.has(other.name) && other !== derivative) place(other);
    placed.add(derivative);
  };
  // A part that nothing names any more is left out.
  for (const derivative of derivatives) if (derivative.by !== null) place(derivative);
  return [...placed];
}

/** The order of the backward pass: what the result reads first, each when all that uses it is done. */
function nearestFirst(result: Step, wanted: readonly Source[]): readonly Source[] {
  const uses = new Map<Source, number>();
  const seen = new Set<Source>([result]);
  const pending: Source[] = [result];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const source of isStep(at) ? at.sources : []) {
      uses.set(source, (uses.get(source) ?? 0) + 1);
      if (!seen.has(source)) {
        seen.add(source);
        pending.push(source);
      }
    }
  }
  const order: Source[] = [];
  const ready: Source[] = [result];
  for (let at = ready.shift(); at !== undefined; at = ready.shift()) {
    order.push(at);
    for (const source of isStep(at) ? at.sources : []) {
      const left = (uses.get(source) ?? 0) - 1;
      uses.set(source, left);
      if (left === 0) ready.push(source);
    }
  }
  return order.filter((source) => wanted.includes(source));
}
