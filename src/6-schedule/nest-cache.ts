/** Entry points of one file share most of their kernels: a nest is built once. */
import type { Statement } from "../ir/program.ts";
import type { Finished } from "./blocks.ts";
import type { TakenNames } from "./names.ts";

export class NestCache {
  readonly #nests = new Map<string, { readonly finished: Finished; readonly locals: ReadonlySet<string> }>();

  #frames = 0;

  /** A number for one more graph that is scheduled: among all that share these nests no other has it. */
  frame(): number {
    return this.#frames++;
  }

  /** The nest with this signature, built if there is none whose locals keep clear of `taken`. */
  take(signature: string, taken: TakenNames, build: () => Finished): Finished {
    const known = this.#nests.get(signature);
    if (known !== undefined && ![...known.locals].some((name) => taken.has(name))) return known.finished;
    const finished = build();
    const locals = new Set<string>();
    collectLocals(finished.body, locals);
    this.#nests.set(signature, { finished, locals });
    return finished;
  }
}

/** Adds the names of all locals and loop variables. */
export function collectLocals(body: readonly Statement[], locals: Set<string>): void {
  for (const s of body) {
    if (s.kind === "let" || s.kind === "declare") locals.add(s.name);
    if (s.kind === "batch") for (const { name } of s.calls) locals.add(name);
    if (s.kind === "loop") locals.add(s.variable);
    if (s.kind === "loop" || s.kind === "if") collectLocals(s.body, locals);
  }
}
