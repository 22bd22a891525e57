import { defineConfig } from "vitest/config";

// Test files share a process: no module holds state, and importing the compiler anew for each file cost a third of the time.
// What needs a process of its own (memory, files of another run) starts one.
export default defineConfig({ test: { include: ["test/**/*.test.ts"], testTimeout: 30_000, isolate: false } });
