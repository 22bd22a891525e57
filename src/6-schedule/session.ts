/** What the schedule of one entry point keeps, the bodies of its loops included: names, buffers, and when they are used. */
import type { Dim } from "../ir/dim.ts";
import type { Node } from "../ir/graph.ts";
import type { Buffer } from "../ir/program.ts";
import type { ScheduleOptions } from "./buffers.ts";
import type { Life } from "./memory.ts";
import { Names } from "./names.ts";

/** Where a kernel writes a tensor: a buffer, or the row of it that this argument counts; `start` entries after its beginning. */
export interface Target {
  readonly buffer: string;
  readonly row: string | null;
  readonly start?: Dim;
}

/** Where an output of a graph goes: a number of the entry point, or an array. */
export type End =
  { readonly kind: "number"; readonly hint: string } | { readonly kind: "array"; readonly target: Target };

export class Session {
  readonly options: ScheduleOptions;
  readonly names: Names;
  readonly buffers = new Map<string, Buffer>();
  readonly #lives = new Map<string, { from: number; to: number }>();
  #clock = 0;
  #frames = 0;

  constructor(options: ScheduleOptions) {
    this.options = options;
    this.names = new Names(options.taken);
  }

  /** A number for one more graph of this entry point. */
  frame(): number {
    return this.#frames++;
  }

  /** A temporary for a node; `stacked`: rows of a loop's rounds. */
  temporary(node: Node, key: string, hint: string, stacked = false): string {
    const label = this.names.take(this.options.nameOf(node) ?? hint);
    const name = `temporary.${key}`;
    const { element, shape } = node;
    this.buffers.set(name, { name, element, shape, role: "temporary", label, ...(stacked && { stacked }) });
    return name;
  }

  /** The constants of a table. */
  table({ id, element, shape, attributes: { values } }: Node<"table">): string {
    const name = `table.${id}`;
    if (!this.buffers.has(name))
      this.buffers.set(name, { name, element, shape, role: "table", label: this.names.take("table"), values });
    return name;
  }

  /** One step further: what is touched from now on is used later. */
  tick(): void {
    this.#clock++;
  }

  /** How many steps have begun. */
  get now(): number {
    return this.#clock;
  }

  /** All steps from one to another are one: what any of them uses is in use in all of them. */
  merge(from: number, to: number): void {
    if (from === to) return;
    for (const life of this.#lives.values()) {
      if (life.to < from || life.from > to) continue;
      life.from = Math.min(life.from, from);
      life.to = Math.max(life.to, to);
    }
  }

  /** Says that the buffer is written or read now. */
  touch(buffer: string): void {
    const life = this.#lives.get(buffer);
    if (life === undefined) this.#lives.set(buffer, { from: this.#clock, to: this.#clock });
    else life.to = this.#clock;
  }

  /** From when to when each temporary is used. */
  lives(): readonly Life[] {
    return [...this.#lives].flatMap(([name, { from, to }]): Life[] => {
      const buffer = this.buffers.get(name);
      return buffer?.role === "temporary" ? [{ buffer, from, to }] : [];
    });
  }
}
