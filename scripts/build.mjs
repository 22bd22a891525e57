// Compiles src/ to dist/, from nothing: what a removed source left behind would be published too. Then `npx derive` runs it
// here as it does where the package is installed.
import { spawnSync } from "node:child_process";
import { chmodSync, lstatSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
rmSync(join(root, "dist"), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/lib/tsc.js");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (status === 0) {
  chmodSync(join(root, "dist/src/cli/main.js"), 0o755);
  linkCommand();
}
process.exitCode = status ?? 1;

/** npm links the commands of dependencies, not a package's own: without a link npx packs and builds the package each time. */
function linkCommand() {
  const folder = lstatSync(join(root, "node_modules/.bin"), { throwIfNoEntry: false });
  // Modules that another checkout lends are its own.
  const isOwn = lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isOwn || folder === undefined || process.platform === "win32") return;
  const link = join(root, "node_modules/.bin/derive");
  rmSync(link, { force: true });
  symlinkSync("../../dist/src/cli/main.js", link);
}
