/** What TypeScript says of emitted modules under --strict. */
import ts from "typescript";

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipDefaultLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
  module: ts.ModuleKind.ESNext,
  types: [],
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  exactOptionalPropertyTypes: true,
};

/** The faults of each module, null where there are none. Files are in memory. */
export function typeFaults(codes: readonly string[]): readonly (string | null)[] {
  const files = new Map(codes.map((code, k) => [`/fuzz/module${String(k)}.ts`, code.replace("// @ts-nocheck\n", "")]));
  const host = ts.createCompilerHost(options);
  const usual = ts.createCompilerHost(options);
  host.getSourceFile = (name, version, ...rest) => {
    const code = files.get(name);
    return code === undefined ? usual.getSourceFile(name, version, ...rest) : ts.createSourceFile(name, code, version);
  };
  host.fileExists = (name) => files.has(name) || usual.fileExists(name);
  host.readFile = (name) => files.get(name) ?? usual.readFile(name);
  const program = ts.createProgram({ rootNames: [...files.keys()], options, host });
  return [...files.keys()].map((name) => {
    const file = program.getSourceFile(name);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.length === 0
      ? null
      : found.map((f) => ts.flattenDiagnosticMessageText(f.messageText, "\n")).join("\n");
  });
}
