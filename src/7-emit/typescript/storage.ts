/** Where a model keeps its tensors: names of the store's members, and the arena behind them. */
import * as dims from "../../ir/dim.ts";
import type { Dim, Shape } from "../../ir/dim.ts";
import { capacityOf } from "../../ir/dim-capacity.ts";
import type { ElementType, GraphRequirement } from "../../ir/graph.ts";
import type { Buffer, Program } from "../../ir/program.ts";
import type { CheckedInput, CheckedModel, CheckedTensor } from "../../2-check/checked.ts";
import type { ModelEntry } from "../../3-lower/lowered.ts";
import { identifierOf, reservedNames } from "./names.ts";

/** One array of the store, at an offset into the section of its element type. */
export interface Member {
  readonly name: string;
  readonly element: ElementType;
  readonly offset: Dim;
  readonly size: Dim;
  readonly comment: string;
}

export interface Layout {
  /** Stored tensors, then staging copies of index inputs, then the temporaries of each entry point. */
  readonly members: readonly Member[];
  /** Elements of each section. Temporaries of different entry points overlap: only one runs at a time. */
  readonly totals: Readonly<Record<ElementType, Dim>>;
  /** The member that holds a buffer of an entry point, or null for an array of the caller's. */
  readonly memberOf: (entry: ModelEntry, buffer: Buffer) => string | null;
}

/** An entry point with its program, and what it requires of dims. */
export interface EntryProgram {
  readonly kind: ModelEntry;
  readonly requirements: readonly GraphRequirement[];
  readonly program: Program;
}

/** Names of store members that layouts of one model share: one for each stored tensor, staged input and temporary. */
export class MemberNames {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>(reservedNames);

  constructor(taken: Iterable<string>) {
    for (const name of taken) this.#taken.add(name);
  }

  nameOf(key: string, hint: string): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    let name = identifierOf(hint);
    while (this.#taken.has(name)) name += "_";
    this.#taken.add(name);
    this.#names.set(key, name);
    return name;
  }
}

/** The memory that kernels in WebAssembly share with the others. */
export interface SharedMemory {
  /** Arrays of the caller's that such kernels of an entry point read or write: they are copied. */
  readonly staged: (entry: ModelEntry) => readonly Buffer[];
  /** Reals that kernels pack at most; null where none does. */
  readonly panel: Dim | null;
}

/** Vectors of four entries begin where each array does. */
function padded(size: Dim, memory: SharedMemory | null): Dim {
  if (memory === null || size.terms.every(({ coefficient }) => coefficient % 4 === 0)) return size;
  const four = dims.constant(4);
  return dims.multiply(dims.floorDivide(dims.add(size, dims.constant(3)), four), four);
}

/** Lays out what the entry points `entries` of a model need; `tensors` are stored in the order given. */
export function layOut(
  tensors: readonly CheckedTensor[],
  staged: readonly CheckedInput[],
  entries: readonly EntryProgram[],
  names: MemberNames,
  memory: SharedMemory | null = null,
): Layout {
  const members: Member[] = [];
  const byBuffer = new Map<string, string>();
  const totals: Record<ElementType, Dim> = { real: dims.constant(0), index: dims.constant(0), bool: dims.constant(0) };
  const place = (key: string, hint: string, element: ElementType, shape: Shape): void => {
    const name = names.nameOf(key, hint);
    const size = dims.product(shape);
    members.push({ name, element, offset: totals[element], size, comment: dims.printShape(shape) });
    totals[element] = dims.add(totals[element], padded(size, memory));
    byBuffer.set(key, name);
  };
  for (const t of tensors) place(t.node.attributes.name, t.path, "real", t.shape.map((n) => dims.constant(n))); // prettier-ignore
  for (const { name, node } of staged) place(node.attributes.name, `${name}Indices`, "index", node.shape);
  if (memory !== null && memory.panel !== null) place("panel", "panel", "real", [memory.panel]);
  const base = { ...totals };
  for (const { kind, program } of entries) {
    const { slots, slotOf } = program.arena;
    const ends: Record<ElementType, Dim> = { ...base };
    const starts = slots.map((slot) => {
      const start = ends[slot.element];
      ends[slot.element] = dims.add(start, padded(slot.size, memory));
      return start;
    });
    for (const buffer of program.buffers) {
      const slot = slotOf.get(buffer.name);
      if (slot === undefined) continue;
      const key = `${kind} ${buffer.name}`;
      const name = names.nameOf(key, `${kind}_${buffer.label}`);
      const size = capacityOf(buffer.shape);
      members.push({
        name,
        element: buffer.element,
        offset: starts[slot],
        size,
        comment: dims.printShape(buffer.shape),
      });
      byBuffer.set(key, name);
    }
    for (const buffer of memory?.staged(kind) ?? []) {
      const { element, shape, label } = buffer;
      const key = `${kind} ${buffer.name}`;
      const name = names.nameOf(key, `${kind}_${label}`);
      const size = dims.product(shape);
      members.push({ name, element, offset: ends[element], size, comment: dims.printShape(shape) });
      byBuffer.set(key, name);
      ends[element] = dims.add(ends[element], padded(size, memory));
    }
    for (const element of ["real", "index", "bool"] as const)
      totals[element] = dims.maximum(totals[element], ends[element]);
  }
  return {
    members,
    totals,
    memberOf: (entry, buffer) => byBuffer.get(`${entry} ${buffer.name}`) ?? byBuffer.get(buffer.name) ?? null,
  };
}

/** Parameters and states, in declaration order. */
export function storedTensors(m: CheckedModel): readonly CheckedTensor[] {
  return [...m.parameters, ...m.states];
}

/** The optimizer's states, by parameter. */
export function optimizerTensors(m: CheckedModel): readonly CheckedTensor[] {
  return m.train?.updates.flatMap((u) => u.states) ?? [];
}
