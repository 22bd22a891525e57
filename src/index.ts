/**
 * derive as a library. Nothing here touches a file system or asks for Node: it runs in a browser too.
 *
 *     const { code, diagnostics } = await compile(source, { path: "model.nn" });
 *     if (code === null) console.error(render(diagnostics));
 */
export { compile } from "./compile.ts";
export type { CompileInfo, CompileOptions, CompileResult, Stage } from "./options.ts";
export type { Diagnostic, Severity, Source, Span } from "./diagnostics/diagnostic.ts";
export { positionAt, type Position } from "./diagnostics/position.ts";
export { render, toJson, type JsonDiagnostic, type RenderOptions } from "./diagnostics/render.ts";
export { version } from "./version.ts";
