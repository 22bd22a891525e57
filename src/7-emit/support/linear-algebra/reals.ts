/** Real numbers as modules hold them. Routines compute in double and round where they store. */
export type Reals = Float32Array | Float64Array;
