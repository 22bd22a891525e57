/**
 * A process that runs tests against one mutant after another: reads `{ mutant, file, pattern }` a line, answers `{ passed }`.
 * Kept from one mutant to the next, it transforms each file once.
 */
import { createInterface } from "node:readline";
import { createVitest } from "vitest/node";

export interface Request {
  readonly mutant: number;
  readonly file: string;
  /** Of the names of tests to run; null: all of the file. */
  readonly pattern: string | null;
}

export interface Answer {
  readonly passed: boolean;
}

const vitest = await createVitest("test", { watch: false, reporters: [{}], maxWorkers: 1, bail: 1 });
for await (const line of createInterface({ input: process.stdin })) {
  const { mutant, file, pattern } = JSON.parse(line) as Request;
  // The environment of the processes that run tests is this one's.
  process.env.MUTANT = String(mutant);
  if (pattern === null) vitest.resetGlobalTestNamePattern();
  else vitest.setGlobalTestNamePattern(new RegExp(pattern));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(await vitest.globTestSpecifications([file])); // prettier-ignore
  const own = testModules.filter((m) => m.moduleId.endsWith(file));
  const passed = own.length > 0 && own.every((m) => m.ok()) && unhandledErrors.length === 0;
  console.log(JSON.stringify({ passed } satisfies Answer));
}
await vitest.close();
