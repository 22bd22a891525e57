import { revive } from "../1-parse/serialise.ts";
import { preludeFiles } from "./prelude.generated.ts";
import type { File } from "../1-parse/ast.ts";

/** The language's own library: the files of grammar/prelude, without parsing them. One tree serves all programs. */
export const prelude: readonly File[] = preludeFiles.map(({ path, text, items }) => revive(items, { path, text }));
