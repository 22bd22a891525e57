/** What a run of the table has shown: a reporter for Vitest that ends with the numbers (`npm run prove`). */
import type { RunnerTask } from "vitest";
import type { Reporter, TestModule } from "vitest/node";

/** What one file of tests has compared, left with its last test. */
export interface Shown {
  /** What was walked through, in the plural. */
  readonly what: string;
  readonly tested: number;
  readonly untested: readonly string[];
  readonly comparisons: number;
}

/** Leaves with a test what its file has shown. */
export function show(task: Readonly<Pick<RunnerTask, "meta">>, shown: Shown): void {
  Object.assign(task.meta, { shown });
}

/** One line a file, the names without a test (there must be none), and the sum of comparisons. */
export function linesOf(all: readonly Shown[]): readonly string[] {
  const untested = all.flatMap((shown) => shown.untested);
  const comparisons = all.reduce((sum, shown) => sum + shown.comparisons, 0);
  const counted = (n: number): string => n.toLocaleString("en");
  return [
    ...all.map(({ what, tested, comparisons: n }) => `${tested} ${what}: ${counted(n)} comparisons`),
    `not tested: ${untested.length === 0 ? "none" : untested.join(", ")}`,
    `comparisons in all: ${counted(comparisons)}`,
  ];
}

export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const all = modules.flatMap((module) =>
      [...module.children.allTests()].flatMap((test) => {
        const { shown } = test.meta() as { readonly shown?: Shown };
        return shown === undefined ? [] : [shown];
      }),
    );
    console.log(linesOf(all).join("\n"));
  }
}
