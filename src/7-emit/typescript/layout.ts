/** The final layout of a module: prettier's, at the cost of the declarations that need it alone. */
import { textOf, type Block, type EmittedModule } from "./module.ts";
import { lineWidth } from "./print.ts";

/** A generated file's text, and that of its .d.ts file. */
export interface ModuleText {
  readonly code: string;
  readonly declarations: string | null;
}

/** The module as it was printed: valid, lines of any length. */
export function asPrinted({ code, declarations }: EmittedModule): ModuleText {
  return { code: textOf(code), declarations: declarations === null ? null : textOf(declarations) };
}

/** The module as prettier lays it out, with its defaults but for the width. It is loaded when it is first needed. */
export async function layOut({ code, declarations }: EmittedModule): Promise<ModuleText> {
  const laidOut = async (blocks: readonly Block[]): Promise<string> =>
    textOf(await Promise.all(blocks.map(layOutBlock)));
  return { code: await laidOut(code), declarations: declarations === null ? null : await laidOut(declarations) };
}

/**
 * The printer prints as prettier does where every line fits, and the support code was laid out by it: only declarations
 * with a longer line are given to prettier, which takes milliseconds a kilobyte.
 */
async function layOutBlock(block: Block): Promise<Block> {
  return block.final || fitsWidth(block.text) ? block : { text: await format(block.text), final: true };
}

/**
 * Whether the printer's layout is prettier's: no line is too long, no object has methods (printed without regard to where
 * they stand: what follows one begins a line with `},`), no list holds objects side by side.
 */
function fitsWidth(block: string): boolean {
  return block.split("\n").every((line) => line.length <= lineWidth && !/^\},? \S|\[\{/.test(line));
}

async function format(block: string): Promise<string> {
  const prettier = await import("prettier/standalone");
  const plugins = await Promise.all([import("prettier/plugins/estree"), import("prettier/plugins/typescript")]);
  const text = await prettier.format(block, {
    parser: "typescript",
    plugins: plugins.map((p) => p.default),
    printWidth: lineWidth,
  });
  return text.trimEnd();
}
