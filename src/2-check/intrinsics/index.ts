/** Every built-in function that the prelude cannot say in the language itself, by name. */
import { creationIntrinsics } from "./creation.ts";
import { cumulativeIntrinsics } from "./cumulative.ts";
import { elementwiseIntrinsics } from "./elementwise.ts";
import { internalIntrinsics } from "./internal.ts";
import type { Intrinsic } from "./intrinsic.ts";
import { joiningIntrinsics } from "./joining.ts";
import { linearAlgebraIntrinsics } from "./linear-algebra.ts";
import { movementIntrinsics } from "./movement.ts";
import { productIntrinsics } from "./products.ts";
import { reductionIntrinsics } from "./reductions.ts";

/** The intrinsics by name: those of public.ts, and those that the prelude alone sees. */
export const intrinsics: ReadonlyMap<string, Intrinsic> = new Map(
  [
    ...elementwiseIntrinsics,
    ...reductionIntrinsics,
    ...cumulativeIntrinsics,
    ...movementIntrinsics,
    ...joiningIntrinsics,
    ...creationIntrinsics,
    ...productIntrinsics,
    ...linearAlgebraIntrinsics,
    ...internalIntrinsics,
  ].map((intrinsic) => [intrinsic.name, intrinsic]),
);
