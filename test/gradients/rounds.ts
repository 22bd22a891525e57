/** How many points each case is tried at: two, or as many as DERIVE_PROVE says (`npm run prove` sets it). */
export const rounds = Number(process.env["DERIVE_PROVE"] ?? 2);
