/** How many points each case is tried at: two, or as many as DERIVE_PROVE says (`npm run prove` sets it). */
export const rounds = Number(process.env["DERIVE_PROVE"] ?? 2);

/** Whether modules are made of a function's call number `which`: of the second, or of all in a long run. */
export const isCompiled = (which: number): boolean => which === 1 || rounds > 2;
