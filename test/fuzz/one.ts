/** One seed from its program to its verdict; a failure comes with its program made small. */
import { Fault } from "./compiled.ts";
import { generate } from "./generate.ts";
import { count, emptyCoverage, type Coverage } from "./coverage.ts";
import { judge } from "./judge.ts";
import { rootsOf, sourceOf, usedFunctions } from "./program.ts";
import { shrink } from "./shrink.ts";
import { reach } from "./terms.ts";

export interface Failure {
  readonly seed: number;
  readonly kind: string;
  readonly message: string;
  /** Shrunk. */
  readonly source: string;
}

export interface Outcome {
  readonly refusal: string | null;
  readonly failure: Failure | null;
}

export interface Run extends Coverage {
  readonly constructs: Map<string, number>;
}

export function emptyRun(): Run {
  return { constructs: new Map(), ...emptyCoverage() };
}

export interface OneOptions {
  readonly shrinkFor: number;
  readonly onTypeScript?: (seed: number, code: string) => void;
  /** Hears that something still moves. */
  readonly alive?: () => void;
}

export function tryOut(seed: number, run: Run, { shrinkFor, onTypeScript, alive }: OneOptions): Outcome {
  const program = generate(seed);
  const source = sourceOf(program);
  const terms = reach([...rootsOf(program), ...usedFunctions(program).flatMap((f) => f.results)]);
  count(run.constructs, new Set(terms.map((t) => t.construct)));
  try {
    const listen = onTypeScript === undefined ? {} : { onTypeScript: (code: string) => { onTypeScript(seed, code); } }; // prettier-ignore
    const { refusal } = judge(source, { seed, coverage: run, ...listen });
    return { refusal: refusal === null ? null : `${refusal}\n${source}`, failure: null };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const faultOf = (text: string): Fault | null => {
      alive?.();
      try {
        judge(text, { seed });
        return null;
      } catch (found) {
        return found instanceof Fault && found.kind === error.kind ? found : null;
      }
    };
    shrink(program, (text) => faultOf(text) !== null, shrinkFor);
    const small = sourceOf(program);
    const found = faultOf(small) ?? error;
    return { refusal: null, failure: { seed, kind: found.kind, message: found.message, source: small } };
  }
}
