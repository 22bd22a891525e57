/** Every form that is looked for; of two at one expression the first that happens counts. */
import { cancellations } from "./cancellation.ts";
import { domains } from "./domains.ts";
import type { Hazard } from "./hazard.ts";

export const hazards: readonly Hazard[] = [...domains, ...cancellations];
