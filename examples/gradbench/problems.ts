/** The problems of the suite that have a program, by module name. */
import { ba } from "./problems/ba.ts";
import { det } from "./problems/det.ts";
import { gmm } from "./problems/gmm.ts";
import { hello } from "./problems/hello.ts";
import { ht } from "./problems/ht.ts";
import { kmeans } from "./problems/kmeans.ts";
import { llsq } from "./problems/llsq.ts";
import { lse } from "./problems/lse.ts";
import { lstm } from "./problems/lstm.ts";
import { ode } from "./problems/ode.ts";
import { particle, saddle } from "./problems/descent.ts";
import type { Compile, Problem } from "./protocol.ts";

export const problems: Readonly<Record<string, (compile: Compile) => Promise<Problem>>> = {
  ba,
  det,
  gmm,
  hello,
  ht,
  kmeans,
  llsq,
  lse,
  lstm,
  ode,
  particle,
  saddle,
};
