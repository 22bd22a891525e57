import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/report.ts";
import { capacities } from "./model-context.ts";
import { optionKeys } from "./models.ts";
import { upperFirst } from "./names.ts";
import { exportNames, type ModuleParts } from "./module.ts";

/** An error for each exported name that stands twice in the module. */
export function clashes({ functions, models }: Pick<ModuleParts, "functions" | "models">): readonly Diagnostic[] {
  const owners = new Map<string, { readonly item: string; readonly span: Span }>();
  const found: Diagnostic[] = [];
  const add = (names: readonly string[], item: string, span: Span): void => {
    for (const name of names) {
      const other = owners.get(name);
      if (other === undefined) {
        owners.set(name, { item, span });
        continue;
      }
      const related = [{ span: other.span, label: `\`${other.item}\` is here` }];
      found.push(diagnostic("generated-name-clash", { name, first: other.item, second: item }, span, { related }));
    }
  };
  for (const f of functions) add(exportNames({ functions: [f], models: [] }), f.checked.name, f.checked.span);
  for (const m of models) add(exportNames({ functions: [], models: [m] }), m.info.model.name, m.info.model.span);
  for (const { info } of models) {
    const { model } = info;
    for (const symbol of capacities(model).filter((name) => optionKeys.includes(name))) {
      const first = `create${upperFirst(model.name)}`;
      found.push(diagnostic("generated-name-clash", { name: `options.${symbol}`, first, second: symbol }, model.span));
    }
  }
  return found;
}
