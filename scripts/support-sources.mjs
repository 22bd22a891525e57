// The TypeScript that generated modules embed, declaration by declaration.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { batchFunction } from "./inline-calls.mjs";

/**
 * Every top-level declaration under `directory` by name: its text with its comment, without `export`, and the names of the other
 * declarations that it refers to. Imports and re-exports between these files are left out; anything else that is not a declaration of one
 * name, an import from elsewhere, or a name declared in two files is an error. An `index.ts` is what the compiler sees of a folder and is
 * not embedded.
 *
 * `more`: files elsewhere that are embedded too.
 *
 * Wherever a text says one of these names it says `$name$`, so that a module in which the user has the name can call the
 * declaration something else.
 *
 * @returns {Record<string, { text: string, js: string, needs: string[] }>} `js`: the text without types.
 */
export function supportSources(directory, more = []) {
  const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && entry.name !== "index.ts")
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort((a, b) => (a < b ? -1 : 1))
    .concat(more);
  // Only names are asked for: no library is loaded, and no type is computed.
  const options = {
    noLib: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
  };
  const program = ts.createProgram(paths, options);
  const checker = program.getTypeChecker();

  const declarations = new Map();
  const nameOf = new Map();
  for (const path of paths) {
    const file = program.getSourceFile(path);
    const where = (node) =>
      `${relative(directory, path)}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    for (const statement of file.statements) {
      if (ts.isImportDeclaration(statement) || (ts.isExportDeclaration(statement) && statement.moduleSpecifier)) {
        const from = statement.moduleSpecifier.text;
        if (!from.startsWith("./") && !(from.startsWith("../") && paths.includes(join(path, "..", from)))) {
          throw new Error(`${where(statement)}: embedded code may only use itself, and ${from} is outside`);
        }
        continue;
      }
      const declared = declarationOf(statement);
      if (declared === null) throw new Error(`${where(statement)}: only declarations of one name can be embedded`);
      const name = declared.name.text;
      const symbol = checker.getSymbolAtLocation(declared.name);
      const before = declarations.get(name);
      if (before !== undefined && before.path !== path)
        throw new Error(`${where(statement)}: ${name} is declared twice`);
      nameOf.set(symbol, name);
      if (before === undefined) declarations.set(name, { path, statements: [statement] });
      else before.statements.push(statement); // overloads
    }
  }

  const sources = {};
  for (const [name, { path, statements }] of declarations) {
    const needs = new Set();
    const edits = [];
    const visit = (node) => {
      if (ts.isIdentifier(node)) {
        const target = nameOf.get(resolve(checker, node));
        if (target !== undefined && target !== name) needs.add(target);
        const key = ts.isShorthandPropertyAssignment(node.parent) ? `${node.text}: ` : "";
        if (target !== undefined) edits.push({ from: node.getStart(), to: node.end, by: `${key}$${target}$` });
      }
      ts.forEachChild(node, visit);
    };
    statements.forEach(visit);
    const source = program.getSourceFile(path).text;
    if (/\$\w+\$/.test(source)) throw new Error(`${relative(directory, path)}: $...$ stands for names`);
    const text = statements.map((statement) => textOf(statement, source, edits)).join("\n");
    sources[name] = { text, js: javascriptOf(text), needs: [...needs].sort() };
  }
  return sources;
}

/** For each of the entries, functions of one or two numbers, the function over arrays of operands. */
export function batchSources(sources, entries) {
  const functions = new Map();
  for (const [name, { text }] of Object.entries(sources)) {
    const [statement] = ts.createSourceFile("support.ts", text, ts.ScriptTarget.ES2022, true).statements;
    const isNumeric = (node) => node?.kind === ts.SyntaxKind.NumberKeyword;
    if (!ts.isFunctionDeclaration(statement) || !isNumeric(statement.type)) continue;
    if (statement.parameters.every((p) => isNumeric(p.type))) functions.set(name, statement);
  }
  const batches = {};
  for (const entry of entries) {
    const text = batchFunction(entry, functions);
    const needs = new Set(Array.from(text.matchAll(/\$(\w+)\$/g), ([, name]) => name));
    needs.delete(`${entry}Batch`);
    batches[`${entry}Batch`] = { text, js: javascriptOf(text), needs: [...needs].sort() };
  }
  return batches;
}

function declarationOf(statement) {
  if (ts.isVariableStatement(statement)) {
    const { declarations } = statement.declarationList;
    return declarations.length === 1 && ts.isIdentifier(declarations[0].name) ? declarations[0] : null;
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isNamed && statement.name !== undefined ? statement : null;
}

/** The declaration an identifier refers to, through imports and shorthand properties. */
function resolve(checker, identifier) {
  const symbol = ts.isShorthandPropertyAssignment(identifier.parent)
    ? checker.getShorthandAssignmentValueSymbol(identifier.parent)
    : checker.getSymbolAtLocation(identifier);
  if (symbol === undefined) return undefined;
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** A statement with the comments right above it, without `export`. */
function textOf(statement, text, edits) {
  const start = statement.getStart();
  let from = start;
  for (const comment of [...(ts.getLeadingCommentRanges(text, statement.getFullStart()) ?? [])].reverse()) {
    if (/\n\s*\n/.test(text.slice(comment.end, from))) break;
    from = comment.pos;
  }
  const exported = statement.modifiers?.find((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
  let body = "";
  let at = exported === undefined ? start : exported.end;
  for (const edit of edits.filter((e) => e.from >= start && e.to <= statement.end)) {
    body += text.slice(at, edit.from) + edit.by;
    at = edit.to;
  }
  return text.slice(from, start) + (body + text.slice(at, statement.end)).trimStart();
}

/** The text without types; empty for a declaration of a type. */
function javascriptOf(text) {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: false };
  const { outputText } = ts.transpileModule(text, { compilerOptions });
  return outputText.replace(/^export \{\};?\n?/m, "").trim();
}
