/**
 * Runs in every test process of a mutation run: makes one mutant active, or notes which mutants each test reaches.
 *
 * MUTANT: the active mutant's id. REACH: a folder for files of `{ file, test, ms, ids }`.
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach } from "vitest";

export interface Reached {
  readonly file: string;
  /** The full name of the test; null for what is reached outside of tests, while the file is loaded. */
  readonly test: string | null;
  readonly ms: number;
  readonly ids: readonly number[];
}

const scope = globalThis as { $mutant?: (id: number) => boolean };
const folder = process.env.REACH ?? "";

if (folder === "") {
  const active = Number(process.env.MUTANT ?? "-1");
  scope.$mutant = (id) => id === active;
} else {
  const reached: Reached[] = [];
  let ids = new Set<number>();
  scope.$mutant = (id) => {
    ids.add(id);
    return false;
  };
  let start = 0;
  let path = "";
  const outside = new Set<number>();
  beforeEach(() => {
    for (const id of ids) outside.add(id);
    ids = new Set();
    start = performance.now();
  });
  afterEach(({ task }) => {
    const names: string[] = [];
    for (let s: { readonly name: string; readonly suite?: { readonly name: string } } | undefined = task; s !== undefined; s = s.suite) names.unshift(s.name); // prettier-ignore
    path = task.file.filepath;
    const test = names.filter((n) => n !== task.file.name).join(" ");
    reached.push({ file: path, test, ms: performance.now() - start, ids: [...ids] });
    ids = new Set();
  });
  afterAll(() => {
    for (const id of ids) outside.add(id);
    if (path === "") return;
    if (outside.size > 0) reached.push({ file: path, test: null, ms: 0, ids: [...outside] });
    writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(reached));
  });
}
