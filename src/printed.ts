/** Collects what `--print` and `--trace-rewrites` show. */
import type { TraceEvent } from "./5-simplify/rule.ts";
import type { Graph } from "./ir/graph.ts";
import type { Origins } from "./ir/origins.ts";
import { printGraph, printNodes } from "./ir/printer.ts";
import { printProgram } from "./ir/program-printer.ts";
import type { Program } from "./ir/program.ts";
import type { CompileOptions, Stage } from "./options.ts";

export class Printer {
  readonly #stage: Stage | null;
  readonly #parts: string[] = [];

  constructor(stage: Stage | null) {
    this.#stage = stage;
  }

  ast(text: () => string): void {
    if (this.#stage === "ast") this.#parts.push(text());
  }

  /** `types` shows the graph of every item as checked: each node with its type, in the user's names. */
  graph(stage: "graph" | "gradient" | "simplified", label: string, graph: Graph, origins: Origins): void {
    const wanted = this.#stage === "types" ? "graph" : this.#stage;
    if (wanted === stage) this.#parts.push(`// ${label}\n${printGraph(graph, (node) => origins.nameOf(node))}`);
  }

  program(label: string, program: Program): void {
    if (this.#stage === "program") this.#parts.push(`// ${label}\n${printProgram(program)}`);
  }

  trace(options: CompileOptions): (event: TraceEvent) => void {
    return (event) => {
      options.onRewrite?.(event);
      if (options.traceRewrites !== true) return;
      const [before] = printNodes([event.before]);
      const [after] = printNodes([event.after]);
      this.#parts.push(`${event.rule}: ${before} -> ${after}`);
    };
  }

  text(): string | null {
    return this.#parts.length === 0 ? null : this.#parts.join("\n");
  }
}
