import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
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
  const stat = statOrNull(arg);
  if (stat?.isDirectory() === true)
    throw new UsageError(`${arg} is a folder: name its files, as in ${join(arg, "*.nn")}`);
  if (stat !== null || !/[*?[\]{}()!]/.test(arg)) return [arg];
  const { glob } = await import("tinyglobby");
  const paths = await glob(arg, { expandDirectories: false, absolute: isAbsolute(arg) });
  if (paths.length === 0) throw new UsageError(`${arg} matches no file`);
  return paths.sort();
}

/**
 * The text of a file, without a byte-order mark. What is no file is refused: a pipe or a device may never end.
 * Throws an Error whose message says why not, in words.
 */
export function readText(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readBytes(path);
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error(notUtf8(bytes), { cause: error });
  }
}

function readBytes(path: string): Uint8Array {
  // Opened first and looked at then, so that both are about the same file; opening a pipe would wait for its writer.
  const file = openSync(path, constants.O_RDONLY | (process.platform === "win32" ? 0 : constants.O_NONBLOCK));
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new Error("it is a folder");
    if (!stat.isFile()) throw new Error("it is a device or a pipe, and a file is wanted");
    if (stat.size > readLimit) throw new Error(`it has ${stat.size} bytes`);
    // Some files grow while they are read, and some have no size at all: what counts is what comes.
    const chunks: Uint8Array[] = [];
    for (let total = 0; ;) {
      const chunk = new Uint8Array(Math.max(4096, stat.size - total));
      const read = readSync(file, chunk);
      if (read === 0) return Buffer.concat(chunks);
      total += read;
      if (total > readLimit) throw new Error(`it has more than ${readLimit} bytes`);
      chunks.push(chunk.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}

/** What is wrong with bytes that are not UTF-8, and the line where it begins. */
function notUtf8(bytes: Uint8Array): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return "it is UTF-16 text: save it as UTF-8";
  // The replacement stands where the first fault is; U+FFFD itself may stand in good text before it.
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const good = new TextEncoder().encode(text);
  let same = 0;
  while (same < good.length && good[same] === bytes[same]) same++;
  const line = bytes.subarray(0, same).reduce((count, byte) => count + (byte === 10 ? 1 : 0), 1);
  return `it is not UTF-8 text (see line ${line}): save it as UTF-8`;
}

/**
 * Writes a file so that others see the old text or the new one and nothing between: into a new file in the same folder, which is then
 * renamed. Folders are made; a file that has the text already is left alone; a symbolic link stays one, and a file keeps its
 * permissions. Throws an Error whose message says why not, in words.
 */
export function writeAtomically(path: string, text: string | Uint8Array): void {
  try {
    const target = targetOf(path);
    const before = statSync(target, { throwIfNoEntry: false }) ?? null;
    if (before?.isDirectory() === true) throw new Error("it is a folder");
    if (before !== null && !before.isFile()) throw new Error("it is a device or a pipe, and a file is wanted");
    removeLitter(dirname(target));
    if (before !== null && hasText(target, text)) return;
    // Renaming asks for leave to change the folder alone: a file that is protected shall stay.
    if (before !== null) accessSync(target, constants.W_OK);
    mkdirSync(dirname(target), { recursive: true });
    replace(target, text, before);
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

/** A file that a run was killed at is of this name. */
const temporaryName = /^\.derive-[0-9a-f]{16}\.tmp$/;
/** No run is in the middle of writing a file for longer than this. */
const temporaryMilliseconds = 60_000;

function replace(target: string, text: string | Uint8Array, before: Stats | null): void {
  const folder = dirname(target);
  // Not after the file that it becomes: that name may be as long as names can be.
  const temporary = join(folder, `.derive-${randomBytes(8).toString("hex")}.tmp`);
  try {
    writeFileSync(temporary, text, { flag: "wx" });
    if (before !== null) keepRights(temporary, before);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function keepRights(path: string, { mode, uid, gid }: Stats): void {
  const own = statSync(path);
  if (own.uid !== uid || own.gid !== gid) {
    try {
      chownSync(path, uid, gid);
    } catch {
      // Only the superuser gives files away.
    }
  }
  chmodSync(path, mode & 0o777);
}

/** Removes what killed runs left in a folder. */
function removeLitter(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!temporaryName.test(name)) continue;
    const path = join(folder, name);
    const age = Date.now() - (statOrNull(path)?.mtimeMs ?? Infinity);
    if (age > temporaryMilliseconds) rmSync(path, { force: true });
  }
}

/** Where a file lies in truth: links are followed, also to a file that does not exist yet. */
export function targetOf(path: string): string {
  let at = resolve(path);
  for (let links = 0; links < 40; links++) {
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink() !== true) return stat === undefined ? at : realpathSync(at);
    at = resolve(dirname(at), readlinkSync(at));
  }
  throw new Error("its links lead in a circle");
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null; // Reading will tell what is wrong.
  }
}

function hasText(path: string, text: string | Uint8Array): boolean {
  try {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    return statSync(path).size === bytes.length && readFileSync(path).equals(bytes);
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
    case "ELOOP":
      return "its links lead in a circle";
    case "ENAMETOOLONG":
      return "its name is too long";
    case "ENXIO":
    case "EIO":
    case "EAGAIN":
    case "ENODEV":
      return "it is a device or a pipe, and a file is wanted";
    case "ETXTBSY":
    case "EBUSY":
      return "it is in use";
    case "EMFILE":
    case "ENFILE":
      return "too many files are open";
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
