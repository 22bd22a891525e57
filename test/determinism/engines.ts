/** Engines that run modules: the Node of this process, others from the registry, browsers of this machine. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Hashes = Readonly<Record<string, string>>;

/** Runs `hashes.mjs` of a folder in a version of Node and gives what it prints. */
export function runNode(binary: string, folder: string): Hashes {
  return JSON.parse(execFileSync(binary, [join(folder, "hashes.mjs")], { encoding: "utf8" })) as Hashes;
}

/** The binary of the newest Node of a major version, as the platform's package carries it; null where there is none. */
export function fetchNode(major: string, folder: string): string | null {
  const name = `node-${process.platform}-${process.arch}`;
  mkdirSync(folder, { recursive: true });
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder];
  spawnSync("npm", [...args, `${name}@${major}`], { stdio: "ignore" });
  const binary = join(folder, "node_modules", name, "bin/node");
  return existsSync(binary) ? binary : null;
}

/** The first of the commands that this machine has. */
export function commandOf(...names: readonly string[]): string | null {
  return names.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0) ?? null;
}

const page = `<!doctype html><script type="module">
import { run } from "./hashes.mjs";
const report = (body) => fetch("/report", { method: "POST", body });
run().then((hashes) => report(JSON.stringify(hashes)), (error) => report(JSON.stringify({ error: String(error) })));
</script>`;

/** Opens a page that imports the modules of a folder in a browser without a window, with a profile that is thrown away. */
export async function runBrowser(kind: "chromium" | "firefox", binary: string, folder: string): Promise<Hashes> {
  const profile = mkdtempSync(join(tmpdir(), "derive-profile-"));
  let report: (body: string) => void = () => undefined;
  const reported = new Promise<string>((resolve) => {
    report = resolve;
  });
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        response.end();
        report(body);
      });
    } else if (request.url === "/") response.setHeader("content-type", "text/html").end(page);
    else if (/^\/[\w-]+\.m?js$/.test(request.url ?? "")) {
      response.setHeader("content-type", "text/javascript").end(readFileSync(join(folder, request.url ?? "")));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  if (kind === "firefox") writeFileSync(join(profile, "user.js"), 'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'); // prettier-ignore
  const flags =
    kind === "chromium"
      ? ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`, url]
      : ["--headless", "--no-remote", "--profile", profile, url];
  const browser = spawn(binary, flags, { stdio: "ignore", detached: true, env: { ...process.env, HOME: profile } });
  const closed = new Promise<void>((resolve) => browser.once("close", resolve));
  try {
    const late = new Promise<string>((_, reject) => {
      setTimeout(() => {
        reject(new Error(`${kind} has not answered within two minutes`));
      }, 120_000).unref();
    });
    const ended = closed.then(() => Promise.reject(new Error(`${kind} ended without an answer`)));
    const hashes = JSON.parse(await Promise.race([reported, late, ended])) as Hashes;
    if ("error" in hashes) throw new Error(`${kind}: ${hashes["error"]}`);
    return hashes;
  } finally {
    // Its processes are a group of their own.
    if (browser.exitCode === null && browser.pid !== undefined) process.kill(-browser.pid, "SIGKILL");
    await closed.catch(() => undefined);
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
