import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { UsageError } from "./terminal.ts";

/** Larger files than this are not even read: the compiler's own limit is 1 MB. */
const readLimit = 64 * 2 ** 20;

/**
 * The files that arguments name, as given; patterns (`models/*.nn`) are expanded in a stable order, and a file named twice counts once.
 * Throws UsageError for a pattern without a match and for a folder.
 */
export async function expandFiles(args: readonly string[]): Promise<readonly string[]> {
  const found = new Map<string, string>();
  for (const arg of args) {
    for (const path of await expandOne(arg)) {
      const key = resolve(path);
      if (!found.has(key)) found.set(key, path);
    }
  }
  return [...found.values()];
}

async function expandOne(arg: string): Promise<readonly string[]> {
  const stat = statSync(arg, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true)
    throw new UsageError(`${arg} is a folder: name its files, as in ${join(arg, "*.nn")}`);
  if (stat !== undefined || !/[*?[\]{}()!]/.test(arg)) return [arg];
  const { glob } = await import("tinyglobby");
  const paths = await glob(arg, { expandDirectories: false, absolute: isAbsolute(arg) });
  if (paths.length === 0) throw new UsageError(`${arg} matches no file`);
  return paths.sort();
}

/** The text of a file. Throws an Error whose message says why not, in words. */
export function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > readLimit) throw new Error(`it has ${size} bytes`);
    return readFileSync(path, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

/**
 * Writes a file so that others see the old text or the new one and nothing between: into a new file in the same folder, which is then
 * renamed. Folders are made; a file that has the text already is left alone. Throws an Error whose message says why not, in words.
 */
export function writeAtomically(path: string, text: string): void {
  if (hasText(path, text)) return;
  const folder = dirname(path);
  const mark = createHash("sha256").update(`${process.pid} ${process.hrtime.bigint()}`).digest("hex").slice(0, 8);
  const temporary = join(folder, `.${basename(path)}.${mark}.tmp`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(temporary, text, { flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Error(reasonOf(error), { cause: error });
  }
}

function hasText(path: string, text: string): boolean {
  try {
    return statSync(path).size === Buffer.byteLength(text) && readFileSync(path, "utf8") === text;
  } catch {
    return false; // Writing will tell what is wrong, if anything is.
  }
}

/** An error of the file system in words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  switch ("code" in error ? error.code : null) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "permission is denied";
    case "EISDIR":
      return "it is a folder";
    case "ENOTDIR":
    case "EEXIST":
      return "a part of its path is a file";
    case "ENOSPC":
      return "the disk is full";
    case "EROFS":
      return "the file system is read-only";
    default:
      return error.message;
  }
}
