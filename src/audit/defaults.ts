/** What a check takes where nothing is given: the seed, the largest relative error that passes, entries compared one by one of a tensor. */
export const defaults = { seed: 1, tolerance: 1e-6, samples: 24 } as const;
