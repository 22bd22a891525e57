/**
 * Passes over arrays that follow each other as one: kernels of one loop over the same entries, each of which reads what one
 * before it has written, where it stands or further back. So y[i - 1] of a shifted tensor does not take a walk of its own.
 */
import * as dims from "../ir/dim.ts";
import type { Dim } from "../ir/dim.ts";
import type { Kernel, Scalar, Statement, Step } from "../ir/program.ts";
import { collectLocals } from "./nest-cache.ts";
import type { TakenNames } from "./names.ts";
import { operandsOf, rebuilt, scalarsOf } from "./scalars.ts";

/** How many statements the loop of one kernel holds at most. */
const mostStatements = 32;

/** Where a statement reads or writes: entry `stride` * i + `offset` + what `rest` names. */
interface Place {
  readonly buffer: string;
  readonly isWritten: boolean;
  readonly stride: number;
  readonly offset: Dim;
  readonly rest: string;
}

/** A kernel that is one loop from 0 in steps of 1, after statements of its own. */
interface Pass {
  readonly kernel: Kernel;
  readonly prelude: readonly Statement[];
  readonly variable: string;
  readonly to: Dim;
  readonly body: readonly Statement[];
  readonly inPrelude: readonly Place[];
  readonly inLoop: readonly Place[];
}

export interface FusedSteps {
  readonly steps: readonly Step[];
  /** Of each of them the first and the last of the steps that it was made from. */
  readonly spans: readonly (readonly [first: number, last: number])[];
}

/** `taken`: names that locals may not have. */
export function fusePasses(steps: readonly Step[], taken: TakenNames): FusedSteps {
  const fused: Step[] = [];
  const spans: [number, number][] = [];
  let group: Pass[] = [];
  const close = (end: number): void => {
    if (group.length === 0) return;
    fused.push(group.length === 1 ? group[0].kernel : joined(group, taken));
    spans.push([end - group.length, end - 1]);
    group = [];
  };
  steps.forEach((step, k) => {
    const pass = step.kind === "kernel" ? passOf(step) : null;
    if (pass === null || !follows(group, pass)) close(k);
    if (pass !== null) group.push(pass);
    else {
      fused.push(step);
      spans.push([k, k]);
    }
  });
  close(steps.length);
  return { steps: fused, spans };
}

/** The kernel as a pass; null if it is none. */
function passOf(kernel: Kernel): Pass | null {
  const loop = kernel.body.at(-1);
  if (kernel.inline || kernel.nest !== null || kernel.values.length > 0 || loop?.kind !== "loop") return null;
  const { from, to, step, variable, body } = loop;
  if (step !== 1 || sizeOf(from)?.key !== dims.constant(0).key) return null;
  const size = sizeOf(to);
  const prelude = kernel.body.slice(0, -1);
  if (size === null || ![...prelude, ...body].every((s) => s.kind === "let" || s.kind === "store")) return null;
  const locals = new Map<string, Scalar>();
  const inPrelude = placesOf(prelude, null, locals);
  const inLoop = placesOf(body, variable, locals);
  if (inPrelude === null || inLoop === null) return null;
  return { kernel, prelude, variable, to: size, body, inPrelude, inLoop };
}

function sizeOf(s: Scalar): Dim | null {
  return s.kind === "affine" && s.terms.length === 0 ? s.offset : null;
}

/** Everything that the statements read and write; null where one is at a place that is not known. */
function placesOf(
  statements: readonly Statement[],
  variable: string | null,
  locals: Map<string, Scalar>,
): readonly Place[] | null {
  const places: (Place | null)[] = [];
  const at = (buffer: string, index: Scalar, isWritten: boolean): void => {
    const linear = linearIn(index, variable, locals);
    places.push(linear === null ? null : { buffer, isWritten, ...linear });
  };
  const seen = new Set<Scalar>();
  for (const s of statements) {
    const pending = [...scalarsOf(s)];
    for (let scalar = pending.pop(); scalar !== undefined; scalar = pending.pop()) {
      if (seen.has(scalar)) continue;
      seen.add(scalar);
      if (scalar.kind === "accumulator" || scalar.kind === "random") return null;
      if (scalar.kind === "load") at(scalar.buffer, scalar.index, false);
      pending.push(...operandsOf(scalar));
    }
    if (s.kind === "store") at(s.buffer, s.index, true);
    if (s.kind === "let") locals.set(s.name, s.value);
  }
  const known = places.filter((place) => place !== null);
  return known.length === places.length ? known : null;
}

/** An index as stride * variable + offset + rest; null if it is no such sum. */
function linearIn(
  index: Scalar,
  variable: string | null,
  locals: ReadonlyMap<string, Scalar>,
): Pick<Place, "stride" | "offset" | "rest"> | null {
  let stride = dims.constant(0);
  let offset = dims.constant(0);
  const rest = new Map<string, Dim>();
  const pending: { scalar: Scalar; times: Dim }[] = [{ scalar: index, times: dims.constant(1) }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { scalar, times } = next;
    if (scalar.kind === "affine") {
      offset = dims.add(offset, dims.multiply(scalar.offset, times));
      for (const t of scalar.terms) pending.push({ scalar: t.scalar, times: dims.multiply(t.coefficient, times) });
    } else if (scalar.kind === "variable" && scalar.name === variable) {
      stride = dims.add(stride, times);
    } else if (scalar.kind === "argument") {
      rest.set(scalar.name, dims.add(rest.get(scalar.name) ?? dims.constant(0), times));
    } else if (scalar.kind === "local") {
      const value = locals.get(scalar.name);
      if (value === undefined) return null;
      pending.push({ scalar: value, times });
    } else return null;
  }
  const constant = dims.constantOf(stride);
  if (constant === null) return null;
  const names = [...rest].map(([name, times]) => `${name}*${times.key}`).sort();
  return { stride: constant, offset, rest: names.join("+") };
}

/** Whether a pass may run entry by entry with those of the group, and reads what one of them writes. */
function follows(group: readonly Pass[], pass: Pass): boolean {
  if (group.length === 0) return false;
  const count = group.reduce((sum, { body }) => sum + body.length, pass.body.length);
  if (count > mostStatements || dims.constantOf(dims.subtract(pass.to, group[0].to)) === null) return false;
  const isWritten = ({ buffer }: Place): boolean => group.some((p) => p.inLoop.some((q) => q.isWritten && q.buffer === buffer)); // prettier-ignore
  if (!pass.inLoop.some((place) => !place.isWritten && isWritten(place))) return false;
  return group.every((earlier) => {
    const before = [...earlier.inPrelude, ...earlier.inLoop];
    // What the pass does before its loop comes before the loops of the group.
    if (pass.inPrelude.some((place) => before.some((other) => touch(place, other)))) return false;
    const conflicts = (places: readonly Place[]): boolean =>
      places.every((first) => pass.inLoop.every((second) => !touch(first, second) || isBehind(first, second)));
    return conflicts(earlier.inLoop);
  });
}

/** Whether both are places of one array of which at least one is written. */
function touch(p: Place, q: Place): boolean {
  return p.buffer === q.buffer && (p.isWritten || q.isWritten);
}

/** Whether the later pass reaches no entry before the earlier one, when both go on entry by entry. */
function isBehind(first: Place, second: Place): boolean {
  if (first.stride !== 1 || second.stride !== 1 || first.rest !== second.rest) return false;
  const ahead = dims.constantOf(dims.subtract(second.offset, first.offset));
  return ahead !== null && ahead <= 0;
}

/** One kernel: the loops run together as far as the shortest of them, then each of the others to its end. */
function joined(group: readonly Pass[], taken: TakenNames): Kernel {
  const used = new Set<string>();
  collectLocals(group[0].kernel.body, used);
  const fresh = (name: string): string => {
    const joint = /\d$/.test(name) ? `${name}_` : name;
    let found = name;
    for (let k = 1; used.has(found) || taken.has(found); k++) found = `${joint}${k}`;
    used.add(found);
    return found;
  };
  const behind = group.map(({ to }) => dims.constantOf(dims.subtract(to, group[0].to)) ?? 0);
  const shortest = group[behind.indexOf(Math.min(...behind))];
  const [head] = group;
  const headLoop = head.kernel.body.at(-1);
  const shortLoop = shortest.kernel.body.at(-1);
  if (headLoop?.kind !== "loop" || shortLoop?.kind !== "loop") throw new Error("internal: a pass without a loop");

  const prelude: Statement[] = [];
  const main: Statement[] = [];
  const rest: Statement[] = [];
  for (const [k, pass] of group.entries()) {
    const own = new Map<string, string>();
    if (k > 0) for (const s of pass.prelude) if (s.kind === "let") own.set(s.name, fresh(s.name));
    prelude.push(...renamed(pass.prelude, own));
    const inner = new Map([...own, [pass.variable, head.variable]]);
    if (k > 0) for (const s of pass.body) if (s.kind === "let") inner.set(s.name, fresh(s.name));
    main.push(...renamed(pass.body, inner));
    const loop = pass.kernel.body.at(-1);
    if (behind[k] === Math.min(...behind) || loop?.kind !== "loop") continue;
    const last = new Map(own);
    const variable = fresh(pass.variable);
    last.set(pass.variable, variable);
    for (const s of pass.body) if (s.kind === "let") last.set(s.name, fresh(s.name));
    rest.push({ ...loop, variable, from: shortLoop.to, body: renamed(pass.body, last) });
  }
  return {
    ...group[group.length - 1].kernel,
    comment: [...new Set(group.flatMap(({ kernel }) => kernel.comment))],
    operations: group.map(({ kernel }) => kernel.operations).reduce(dims.add),
    body: [...prelude, { ...headLoop, to: shortLoop.to, body: main }, ...rest],
  };
}

/** The statements with other names for locals and variables. */
function renamed(statements: readonly Statement[], names: ReadonlyMap<string, string>): readonly Statement[] {
  if (names.size === 0) return statements;
  const done = new Map<Scalar, Scalar>();
  const scalar = (s: Scalar): Scalar => {
    const known = done.get(s);
    if (known !== undefined) return known;
    const operands = operandsOf(s);
    const others = operands.map(scalar);
    const isSame = others.every((other, k) => other === operands[k]);
    const name = s.kind === "local" || s.kind === "variable" ? names.get(s.name) : undefined;
    const found = name !== undefined && (s.kind === "local" || s.kind === "variable") ? { ...s, name } : isSame ? s : rebuilt(s, others, s.id); // prettier-ignore
    done.set(s, found);
    return found;
  };
  return statements.map((s) => {
    if (s.kind === "let") return { ...s, name: names.get(s.name) ?? s.name, value: scalar(s.value) };
    if (s.kind === "store") return { ...s, index: scalar(s.index), value: scalar(s.value) };
    throw new Error(`internal: ${s.kind} in a pass`);
  });
}
