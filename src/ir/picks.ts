/** Which entries of an axis a view takes, in their order: a list of numbers where all is known, else runs. */
import { add, constant, constantOf, equal, multiply, type Dim } from "./dim.ts";
import type { SliceAxis } from "./graph.ts";

/** Equal picks have equal keys. */
export interface AxisPick {
  /** Entries start, start + step, ..., run after run. */
  readonly runs: readonly SliceAxis[];
  /** The entries one by one; null where sizes are symbolic, or for more than `mostListed` of them. */
  readonly list: readonly number[] | null;
  readonly size: Dim;
  readonly key: string;
}

/** Lists are walked entry by entry: past this many, runs alone are compared. */
const mostListed = 4096;

const zero = constant(0);
const one = constant(1);

/** All entries of an axis. */
export function everything(size: Dim): AxisPick {
  return pickOf([{ start: zero, size, step: 1 }]);
}

export function isEverything(pick: AxisPick, size: Dim): boolean {
  const [run] = pick.runs;
  return pick.runs.length === 1 && run.step === 1 && equal(run.start, zero) && equal(run.size, size);
}

/** The entries that a slice takes of those that `pick` takes; null where that is not known at compile time. */
export function slicePick(pick: AxisPick, slice: SliceAxis): AxisPick | null {
  const [start, size] = [constantOf(slice.start), constantOf(slice.size)];
  if (pick.list !== null && start !== null && size !== null) {
    const { list } = pick;
    return listed(Array.from({ length: size }, (_, k) => list[start + k * slice.step]));
  }
  if (slice.step === 1 && equal(slice.start, zero) && equal(slice.size, pick.size)) return pick;
  const [run] = pick.runs;
  if (pick.runs.length !== 1) return null;
  const from = add(run.start, multiply(constant(run.step), slice.start));
  return pickOf([{ start: from, size: slice.size, step: run.step * slice.step }]);
}

/** The entries at these places among those that `pick` takes; null where they are not known one by one. */
export function choose(pick: AxisPick, places: readonly number[]): AxisPick | null {
  const { list } = pick;
  return list === null ? null : listed(places.map((place) => list[place]));
}

/** One pick after the other. */
export function joinPicks(picks: readonly AxisPick[]): AxisPick {
  return pickOf(picks.flatMap(({ runs }) => runs));
}

/** The pick of these entries. */
export function listed(list: readonly number[]): AxisPick {
  const runs = runsOf(list);
  const size = constant(list.length);
  return { runs, list: list.length <= mostListed ? list : null, size, key: keyOf(runs) };
}

function pickOf(runs: readonly SliceAxis[]): AxisPick {
  const list = entriesOf(runs);
  if (list !== null) return listed(list);
  const joined: SliceAxis[] = [];
  for (const each of runs) {
    const run = equal(each.size, one) ? { ...each, step: 1 } : each;
    const last = joined.at(-1);
    const follows =
      last?.step === run.step && equal(add(last.start, multiply(constant(last.step), last.size)), run.start);
    if (last !== undefined && follows) joined[joined.length - 1] = { ...last, size: add(last.size, run.size) };
    else joined.push(run);
  }
  return { runs: joined, list: null, size: joined.map(({ size }) => size).reduce(add, zero), key: keyOf(joined) };
}

function entriesOf(runs: readonly SliceAxis[]): number[] | null {
  const list: number[] = [];
  for (const run of runs) {
    const [start, size] = [constantOf(run.start), constantOf(run.size)];
    if (start === null || size === null || list.length + size > mostListed) return null;
    for (let k = 0; k < size; k++) list.push(start + k * run.step);
  }
  return list;
}

/** The same runs for the same list: what is evenly spaced as one, else the longest that begins at each entry. */
function runsOf(list: readonly number[]): SliceAxis[] {
  const runs: SliceAxis[] = [];
  for (let at = 0; at < list.length;) {
    const step = at + 1 < list.length ? list[at + 1] - list[at] : 1;
    let end = at + 1;
    if (step !== 0) while (end < list.length && list[end] - list[end - 1] === step) end++;
    // Two entries that are no neighbours make a run only if nothing else is there.
    const isRun = Math.abs(step) === 1 || end - at > 2 || end - at === list.length;
    const size = isRun ? end - at : 1;
    runs.push({ start: constant(list[at]), size: constant(size), step: size === 1 ? 1 : step });
    at += size;
  }
  return runs.length === 0 ? [{ start: zero, size: zero, step: 1 }] : runs;
}

function keyOf(runs: readonly SliceAxis[]): string {
  return runs.map(({ start, size, step }) => `${start.key}+${size.key}*${step}`).join(" ");
}

/** What a pick takes of parts of these sizes that are laid one after the other, in its order; null where it is not known. */
export function partsOf(
  pick: AxisPick,
  sizes: readonly Dim[],
): readonly { readonly part: number; readonly pick: AxisPick }[] | null {
  const lengths = sizes.map(constantOf);
  if (pick.list === null || lengths.includes(null)) return null;
  const found: { part: number; places: number[] }[] = [];
  for (const entry of pick.list) {
    let [part, place] = [0, entry];
    while (place >= (lengths[part] ?? 0)) place -= lengths[part++] ?? 0;
    const last = found.at(-1);
    if (last?.part === part) last.places.push(place);
    else found.push({ part, places: [place] });
  }
  return found.map(({ part, places }) => ({ part, pick: listed(places) }));
}
