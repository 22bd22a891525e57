/** The problems of the suite that have a program, by module name. */
import { hello } from "./problems/hello.ts";
import { llsq } from "./problems/llsq.ts";
import { lse } from "./problems/lse.ts";
import type { Compile, Problem } from "./protocol.ts";

export const problems: Readonly<Record<string, (compile: Compile) => Promise<Problem>>> = {
  hello,
  llsq,
  lse,
};
