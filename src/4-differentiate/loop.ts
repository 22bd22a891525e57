/**
 * Derivatives of loops, which are loops again.
 *
 * Forward mode runs the tangents beside the values. Reverse mode runs a second loop the other way round: cotangents of the
 * carries are its carries; stacked inputs and outputs swap places; those of invariants are summed up in carries of their
 * own. What a round's derivative needs of the values of that round (the residuals) is stacked by a copy of the first loop,
 * unless it is loop-invariant. Space is linear in the number of rounds at any order. A loop whose rounds are computed again
 * has the carries that they start with as its residuals (checkpoints), and the rest in the second loop's body.
 */
import * as dims from "../ir/dim.ts";
import { add, allAxes, constant, like, or, select, topological, zerosLike } from "../ir/expressions.ts";
import type { Loop, Node } from "../ir/graph.ts";
import { substitute } from "../ir/substitute.ts";
import { createContext } from "./context.ts";
import type { Context } from "./context.ts";
import { forward } from "./forward.ts";
import { FreshParameters, allParameters, bodyParameters, bodyResults, partOperands, unbounded, varyingCarries } from "../ir/loop-parts.ts"; // prettier-ignore
import { flows } from "./reach.ts";
import { orZeros } from "./product.ts";
import { residualsOf } from "./residuals.ts";
import { reverse } from "./reverse.ts";
import type { Seed } from "./reverse.ts";
import { anyOver } from "./support.ts";

/** Thrown for reverse mode through a loop that may run any number of rounds, whose values cannot be kept. */
export class UnboundedLoop extends Error {
  override readonly name = "UnboundedLoop";
}

/** Tangents of a loop's results (final carries, stacked outputs) from those of its operands; null is zero. */
export function forwardLoop(
  context: Context,
  loop: Node<"loop">,
  tangents: readonly (Node | null)[],
): readonly (Node | null)[] {
  const { b } = context;
  const { record } = loop.attributes;
  const fresh = new FreshParameters(b, allParameters(record));
  const moving = tangents.map((tangent) => tangent !== null);
  varyingCarries(record, moving, flows(b)).forEach((varies, k) => (moving[k] = varies));
  const parameters = bodyParameters(record);
  const directions = parameters.map((p, k) =>
    moving[k] ? fresh.create(`tangent.${p.attributes.name}`, p.shape) : null,
  );
  const seeds = new Map<Node, Node>();
  parameters.forEach((p, k) => {
    const direction = directions[k];
    if (direction !== null) seeds.set(p, direction);
  });
  const found = forward(createContext(b, { body: true }), bodyResults(record), seeds);
  const given = partOperands(record, directions);
  const values = partOperands(record, loop.operands);
  const moved = partOperands(
    record,
    tangents.map((tangent, k) => (moving[k] ? (tangent ?? zerosLike(b, loop.operands[k])) : null)),
  );
  const next = record.next.flatMap((node, k) => (moving[k] ? [orZeros(context, found[k], node)] : []));
  const outputs = found.slice(record.next.length);
  const dual = b.create(
    "loop",
    [
      ...[...values.carries, ...present(moved.carries)],
      ...[...values.stacked, ...present(moved.stacked)],
      ...[...values.invariants, ...present(moved.invariants)],
      ...values.count,
    ],
    {
      record: {
        ...record,
        carries: [...record.carries, ...present(given.carries)],
        stackedInputs: [...record.stackedInputs, ...present(given.stacked)],
        invariants: [...record.invariants, ...present(given.invariants)],
        next: [...record.next, ...next],
        stackedOutputs: [...record.stackedOutputs, ...present(outputs)],
      },
    },
  );
  let carry = record.carries.length;
  let output = carry + next.length + record.stackedOutputs.length;
  return [
    ...record.carries.map((_, k) => (moving[k] ? b.create("loop_result", [dual], { index: carry++ }) : null)),
    ...outputs.map((node) => (node === null ? null : b.create("loop_result", [dual], { index: output++ }))),
  ];
}

/**
 * Cotangents of a loop's operands from those of its results (final carries, stacked outputs; missing or null is zero), for
 * operands that are needed.
 */
export function reverseLoop(
  context: Context,
  loop: Node<"loop">,
  cotangents: readonly (Node | null | undefined)[],
  needed: readonly boolean[],
): readonly (Node | null)[] {
  const { b } = context;
  const { record } = loop.attributes;
  const count = record.carries.length;
  const isUsed = cotangents.map((cotangent) => cotangent !== null && cotangent !== undefined);
  const { fresh, wanted, given, totals, parts, carried, accumulated, linear } = linearPart(
    context,
    record,
    needed,
    (output) => isUsed[output] ?? false,
  );
  const residuals = record.recompute
    ? startsOf(record, linear)
    : residualsOf(record, linear, [...present(given), ...totals]);
  const saved = residuals.map((node) =>
    node.primitive === "parameter" && record.stackedInputs.includes(node as Node<"parameter">)
      ? (node as Node<"parameter">)
      : fresh.create("residual", node.shape, node.element),
  );
  const body = substitute(b, linear, new Map(residuals.map((node, k) => [node, saved[k]])));
  const operands = partOperands(record, loop.operands);
  const { node: recorded, indices, rounds } = recording(context, loop, residuals, fresh);
  const bySource = residuals.map((node, k): Node => {
    const index = indices[k];
    if (index === null) return operands.stacked[record.stackedInputs.indexOf(node as Node<"parameter">)];
    return b.create("loop_result", [recorded], { index });
  });
  const initial = record.carries.flatMap((p, k) => (wanted[k] ? [cotangents[k] ?? like(b, 0, p, "real")] : []));
  const outputs = given.slice(count);
  const incoming = present(cotangents.slice(count).map((c) => c ?? null));
  const backward = b.create(
    "loop",
    [
      ...[...initial, ...totals.map((node) => zerosLike(b, node))],
      ...[...bySource, ...incoming],
      ...operands.invariants,
      ...(rounds === null ? [] : [rounds]),
    ],
    {
      record: {
        trip: record.trip,
        counted: rounds !== null,
        condition: null,
        reverse: !record.reverse,
        recompute: record.recompute,
        index: record.index,
        carries: [...present(given.slice(0, count)), ...totals],
        stackedInputs: [...saved, ...present(outputs)],
        invariants: record.invariants,
        next: body.slice(0, carried.length + accumulated.length),
        stackedOutputs: body.slice(carried.length + accumulated.length),
      },
    },
  );
  const guard = supportOfAll(context, cotangents);
  const result = (index: number): Node => {
    const node = b.create("loop_result", [backward], { index });
    return guard === null ? node : select(b, guard, node, 0);
  };
  let carry = 0;
  let total = carried.length;
  let output = carried.length + accumulated.length;
  return [
    ...record.carries.map((_, k) => (wanted[k] ? result(carry++) : null)),
    ...parts.stacked.map((node) => (node === null ? null : result(output++))),
    ...parts.invariants.map((node) => (node === null ? null : result(total++))),
  ];
}

/** One round of the second loop: cotangents of the round's results in, those of its parameters out. */
interface LinearPart {
  readonly fresh: FreshParameters;
  /** Whether the cotangent of an operand is asked for. */
  readonly wanted: readonly boolean[];
  /** The parameters for cotangents of the results of the round; null where there is none. */
  readonly given: readonly (Node<"parameter"> | null)[];
  /** Carries in which cotangents of invariants are summed up. */
  readonly totals: readonly Node<"parameter">[];
  /** Cotangents of the parameters of the round. */
  readonly parts: ReturnType<typeof partOperands<Node | null>>;
  readonly carried: readonly Node[];
  readonly accumulated: readonly Node[];
  /** All that the round computes: `carried`, `accumulated` and the cotangents of stacked inputs. */
  readonly linear: readonly Node[];
}

/** `isUsed`: whether the result of this number has a cotangent, if it is a stacked output. */
function linearPart(
  context: Context,
  record: Loop,
  needed: readonly boolean[],
  isUsed: (result: number) => boolean,
): LinearPart {
  const { b } = context;
  const count = record.carries.length;
  const fresh = new FreshParameters(b, allParameters(record));
  const wanted = [...needed];
  varyingCarries(record, needed, flows(b)).forEach((varies, k) => (wanted[k] = varies));
  const results = bodyResults(record);
  const given = results.map((node, k) => {
    const used = k < count ? wanted[k] : isUsed(k);
    return used ? fresh.create(k < count ? "adjoint" : "adjoint.output", node.shape) : null;
  });
  const seeds = results.map((node, k): Seed => [node, given[k]]);
  const parameters = bodyParameters(record);
  const asked = parameters.filter((_, k) => wanted[k]);
  const found = reverse(createContext(b, { body: true }), seeds, asked);
  const round = parameters.map((p, k) => (wanted[k] ? found[asked.indexOf(p)] : null));

  const parts = partOperands(record, round);
  const carried = parts.carries.flatMap((node, k) => (wanted[k] ? [orZeros(context, node, record.carries[k])] : []));
  const sums = parts.invariants.flatMap((node, k) => (node === null ? [] : [{ node, of: record.invariants[k] }]));
  const totals = sums.map(({ of }) => fresh.create(`adjoint.${of.attributes.name}`, of.shape));
  const accumulated = sums.map(({ node }, k) => b.create("add", [totals[k], node], {}));
  const linear = [...carried, ...accumulated, ...present(parts.stacked)];
  return { fresh, wanted, given, totals, parts, carried, accumulated, linear };
}

/**
 * Whether reverse mode through a loop keeps values of all its rounds, when the cotangents of the `needed` operands are
 * asked for. The body holds no requests for derivatives.
 */
export function keepsRounds(
  context: Context,
  { attributes: { record } }: Node<"loop">,
  needed: readonly boolean[],
): boolean {
  // prettier-ignore
  const isReal = (result: number): boolean => record.stackedOutputs[result - record.carries.length].element === "real";
  const { linear, given, totals } = linearPart(context, record, needed, isReal);
  const kept = residualsOf(record, linear, [...present(given), ...totals]);
  return kept.some((node) => !record.stackedInputs.some((p) => p === node));
}

/** What a round that is computed again starts with. */
function startsOf(record: Loop, linear: readonly Node[]): Node[] {
  const read = new Set(topological(linear));
  return [...record.carries, ...record.stackedInputs].filter((p) => read.has(p));
}

/** A loop that has run: its residuals are stacked, and how many rounds there were is known. */
interface Recording {
  readonly node: Node;
  /** The results that hold the residuals; null for those that are stacked inputs. */
  readonly indices: readonly (number | null)[];
  /** How many rounds ran, an index scalar; null if all did. */
  readonly rounds: Node | null;
}

/** The loop with the residuals as further stacked outputs, and one more carry that counts rounds where a condition ends it. */
function recording({ b }: Context, loop: Node<"loop">, residuals: readonly Node[], fresh: FreshParameters): Recording {
  const { record } = loop.attributes;
  const isStacked = residuals.map((node) => record.stackedInputs.some((p) => p === node));
  if (dims.equal(record.trip, unbounded) && isStacked.includes(false)) throw new UnboundedLoop();
  const outputs = [...record.stackedOutputs];
  const counter = record.condition === null ? [] : [fresh.create("rounds", [], "index")];
  const first = record.carries.length + counter.length;
  const indices = residuals.map((node, k) => {
    if (isStacked[k]) return null;
    const known = outputs.indexOf(node);
    if (known === -1) outputs.push(node);
    return first + (known === -1 ? outputs.length - 1 : known);
  });
  const { carries, stacked, invariants, count } = partOperands(record, loop.operands);
  const isSame = outputs.length === record.stackedOutputs.length && counter.length === 0;
  if (isSame) return { node: loop, indices, rounds: count.at(0) ?? null };
  const operands = [...carries, ...counter.map(() => constant(b, 0, "index")), ...stacked, ...invariants, ...count];
  const node = b.create("loop", operands, {
    record: {
      ...record,
      carries: [...record.carries, ...counter],
      next: [...record.next, ...counter.map((n) => add(b, n, 1))],
      stackedOutputs: outputs,
    },
  });
  const rounds = counter.length === 0 ? count.at(0) : b.create("loop_result", [node], { index: record.carries.length });
  return { node, indices, rounds: rounds ?? null };
}

/** A bool scalar: whether any cotangent may be other than zero; null where that is not known of each. */
function supportOfAll({ b, supports }: Context, cotangents: readonly (Node | null | undefined)[]): Node | null {
  let result: Node | null = null;
  for (const cotangent of cotangents) {
    if (cotangent === null || cotangent === undefined) continue;
    const support = supports.of(cotangent);
    if (support === null) return null;
    const any = anyOver(b, support, allAxes(support));
    result = result === null ? any : or(b, result, any);
  }
  return result;
}

function present<T>(items: readonly (T | null)[]): T[] {
  return items.filter((item) => item !== null);
}
