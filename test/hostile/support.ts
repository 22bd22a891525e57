import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { run } from "../../src/cli/program.ts";

/** A new folder, removed when the tests of the file are over. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "derive-hostile-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs the command, with the compiler that it has, in this process. */
export async function derive(...args: readonly string[]): Promise<Ran> {
  let out = "";
  let error = "";
  const code = await run(args, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    color: false,
    width: 100,
  });
  return { code, out, error };
}

/** What steers a terminal, or reorders text on a screen. */
export const steering = /[\0-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
