/** Where batched calls of elementary functions find their operands and leave their results: up to 64 of two numbers each. */
export const operands = /* @__PURE__ */ new Float64Array(128);
