import { watch as watchFolder, type FSWatcher } from "node:fs";
import { dirname, resolve } from "node:path";
import { readText } from "./files.ts";
import type { Terminal } from "./terminal.ts";

/** Editors write a file in several steps: events are gathered for so long. */
const settleMilliseconds = 60;

/** The files that were read for a source, and their texts. */
export type Reads = ReadonlyMap<string, string | null>;

/**
 * Runs `rebuild` with the sources of which a file that they read has changed, until the terminal's signal ends it. Folders are watched, not
 * files, so that a file that is replaced, or made later, is noticed too; what counts is that the text differs.
 */
export async function watchSources(
  reads: ReadonlyMap<string, Reads>,
  rebuild: (sources: readonly string[]) => Promise<ReadonlyMap<string, Reads>>,
  terminal: Terminal,
): Promise<void> {
  const current = new Map(reads);
  const folders = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let fail: (error: unknown) => void = () => undefined;
  const state = { building: false, again: false };

  const schedule = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      update().catch(fail);
    }, settleMilliseconds);
  };
  const update = async (): Promise<void> => {
    state.again = state.building;
    if (state.building) return;
    state.building = true;
    const changed = [...current].filter(([, files]) => hasChanged(files)).map(([source]) => source);
    if (changed.length > 0) for (const [source, files] of await rebuild(changed)) current.set(source, files);
    follow();
    state.building = false;
    if (state.again) schedule(); // a timer came while this round awaited
  };
  const follow = (): void => {
    const wanted = new Set(
      [...current.values()].flatMap((files) => [...files.keys()].map((path) => dirname(resolve(path)))),
    );
    for (const [folder, watcher] of folders) {
      if (wanted.has(folder)) continue;
      watcher.close();
      folders.delete(folder);
    }
    for (const folder of wanted) if (!folders.has(folder)) open(folder);
  };
  const open = (folder: string): void => {
    try {
      const watcher = watchFolder(folder, schedule);
      watcher.on("error", () => {
        watcher.close();
        folders.delete(folder);
      });
      folders.set(folder, watcher);
    } catch {
      // A folder that does not exist cannot be watched; the error about its file has been shown.
    }
  };

  try {
    await new Promise<void>((resolveEnd, reject) => {
      fail = reject;
      if (terminal.signal?.aborted === true) resolveEnd();
      terminal.signal?.addEventListener("abort", () => {
        resolveEnd();
      });
      follow();
      schedule(); // what changed before the folders were watched
    });
  } finally {
    clearTimeout(timer);
    for (const watcher of folders.values()) watcher.close();
  }
}

function hasChanged(files: Reads): boolean {
  for (const [path, text] of files) {
    let now: string | null = null;
    try {
      now = readText(path);
    } catch {
      // stays null
    }
    if (now !== text) return true;
  }
  return false;
}
