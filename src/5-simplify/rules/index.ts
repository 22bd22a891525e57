/** All local rules, in the order in which they are tried at a node. */
import type { Rule } from "../rule.ts";
import { contractions } from "./contractions.ts";
import { folding } from "./fold.ts";
import { identities } from "./identities.ts";
import { indexing } from "./indexing.ts";
import { matrices } from "./matrices.ts";
import { movement } from "./movement.ts";
import { reductions } from "./reductions.ts";
import { selects } from "./selects.ts";
import { stable } from "./stable.ts";
import { windows } from "./windows.ts";

export const rules: readonly Rule[] = [
  ...folding,
  ...movement,
  ...identities,
  ...selects,
  ...stable,
  ...reductions,
  ...contractions,
  ...matrices,
  ...indexing,
  ...windows,
];
