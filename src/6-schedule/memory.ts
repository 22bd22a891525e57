/** The memory plan: temporaries whose lives do not overlap share a slot of the arena. */
import * as dims from "../ir/dim.ts";
import type { Dim } from "../ir/dim.ts";
import { capacityOf } from "../ir/dim-capacity.ts";
import type { ElementType } from "../ir/graph.ts";
import type { Arena, Buffer } from "../ir/program.ts";

/** From the kernel that writes it to the last one that reads it. */
export interface Life {
  readonly buffer: Buffer;
  readonly from: number;
  readonly to: number;
}

/**
 * Gives every temporary a slot, in order of birth: a free one that is large enough for certain, the one that wastes
 * least; else the largest free one grown; else a new one.
 */
export function planMemory(lives: readonly Life[]): Arena {
  const slots: { element: ElementType; size: Dim; freeFrom: number }[] = [];
  const slotOf = new Map<string, number>();
  for (const life of lives.slice().sort((a, b) => a.from - b.from)) {
    const { element, shape, name } = life.buffer;
    const size = capacityOf(shape);
    const free = slots.filter((s) => s.element === element && s.freeFrom < life.from);
    const exact = free.find((s) => dims.equal(s.size, size));
    const larger = free
      .filter((s) => atLeast(s.size, size))
      .reduce<(typeof slots)[number] | null>(
        (best, s) => (best === null || atLeast(best.size, s.size) ? s : best),
        null,
      );
    const growing = free.find((s) => atLeast(size, s.size));
    const chosen = exact ?? larger ?? growing ?? null;
    if (chosen === null) {
      slotOf.set(name, slots.push({ element, size, freeFrom: life.to }) - 1);
      continue;
    }
    if (chosen === growing && chosen !== larger && chosen !== exact) chosen.size = size;
    chosen.freeFrom = life.to;
    slotOf.set(name, slots.indexOf(chosen));
  }
  return { slots: slots.map(({ element, size }) => ({ element, size })), slotOf };
}

function atLeast(a: Dim, b: Dim): boolean {
  return dims.isNonNegative(dims.subtract(a, b)) === true;
}
