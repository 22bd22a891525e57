/**
 * Through which real numbers go to functions and come from them: batched calls of elementary functions have up to 64 pairs
 * of operands, kernels their arguments and their result. As parameters engines would allocate them.
 */
export const operands = /* @__PURE__ */ new Float64Array(128);
